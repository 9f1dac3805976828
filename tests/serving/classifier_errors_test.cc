// What a classifier refuses, and the notices it gives.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

/// The message of the error of kind E that `act` throws.
template <typename E, typename Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing thrown";
  return {};
}

TEST(ClassifierErrors, AQuestionAnsweringModelIsRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering});
  EXPECT_EQ(message_of<UsageError>([&] { Classifier::load(directory.path()); }),
            directory.path().string() + " holds a question answering model, not a classifier");
}

TEST(ClassifierErrors, AnEncoderWithoutAHeadIsRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::none, .labels = {}});
  EXPECT_EQ(message_of<UsageError>([&] { Classifier::load(directory.path()); }),
            directory.path().string() +
                " holds an encoder without a task head (config.json names 'BertModel'); "
                "'transkimmer finetune --model " +
                directory.path().string() + "' gives it one");
}

TEST(ClassifierErrors, WhatIsQuicklySeenIsSaidBeforeTheWeightsAreRead) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering});
  std::filesystem::remove(directory / "model.safetensors");
  EXPECT_THAT(message_of<UsageError>([&] { Classifier::load(directory.path()); }),
              testing::HasSubstr("not a classifier"));
  write_tiny_model(directory.path());
  std::filesystem::remove(directory / "model.safetensors");
  std::filesystem::remove(directory / "vocab.txt");
  EXPECT_THAT(message_of<IoError>([&] { Classifier::load(directory.path()); }),
              testing::HasSubstr("has no tokenizer"));
}

TEST(ClassifierErrors, APairIsRefusedBeforeAnyResultWhereTheModelHasNoTypeForIt) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.type_vocab_size = 1});
  const Classifier classifier = Classifier::load(directory.path());
  std::size_t results = 0;
  EXPECT_EQ(message_of<UsageError>([&] {
              classifier.classify({{"flat"}, {"film"}, {"flat", "film"}}, {.batch_tokens = 1},
                                  [&](std::size_t, const Classification&) { ++results; });
            }),
            "input 2 is a pair, but the model takes single texts alone (its type_vocab_size is 1)");
  EXPECT_EQ(results, 0U);
  EXPECT_EQ(classifier.classify({{"flat"}, {"film"}}).size(), 2U);
}

TEST(ClassifierErrors, AnEmptyHandlerIsRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const Classifier classifier = Classifier::load(directory.path());
  EXPECT_EQ(message_of<UsageError>([&] { classifier.classify({{"flat"}}, {}, nullptr); }),
            "classify is given an empty function to hand results to");
}

TEST(ClassifierErrors, AMissingDirectoryIsNamed) {
  EXPECT_EQ(message_of<IoError>([] { Classifier::load("/nonexistent/model"); }),
            "/nonexistent/model/config.json: cannot open: No such file or directory");
}

TEST(ClassifierErrors, MissingTokenizerFilesAreNamed) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  std::filesystem::remove(directory / "vocab.txt");
  EXPECT_THAT(message_of<Error>([&] { Classifier::load(directory.path()); }),
              testing::AllOf(testing::HasSubstr(directory.path().string()), testing::HasSubstr("vocab.txt")));
}

TEST(ClassifierErrors, OptionsOutOfRangeAreRefused) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const Classifier classifier = Classifier::load(directory.path());
  EXPECT_EQ(message_of<UsageError>([&] { classifier.classify({{"flat"}}, {.batch_tokens = 0}); }),
            "batch_tokens is 0, expected at least 1");
  EXPECT_THAT(message_of<UsageError>([&] { classifier.classify({{"flat"}}, {.max_length = 1}); }),
              testing::HasSubstr("max_length"));
  EXPECT_EQ(message_of<UsageError>([&] { Classifier::load(directory.path(), {.threads = -1}); }),
            "threads is -1, expected 0 (all processors) to 1024");
}

TEST(ClassifierErrors, AModelThatComputesNoNumbersClassifiesNothing) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.broken_weight = "classifier.bias"});
  const Classifier classifier = Classifier::load(directory.path());
  EXPECT_THAT(message_of<Error>([&] { classifier.classify({{"flat"}}); }),
              testing::HasSubstr("not a finite number"));
}

TEST(ClassifierErrors, AModelTrainedWithThePublishedAttentionIsNoticedOnce) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.semantics = SkimSemantics::original});
  std::vector<std::string> notices;
  const auto collect = [&](const std::string& notice) { notices.push_back(notice); };
  Classifier::load(directory.path(), {}, collect);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices.front(), testing::HasSubstr("original"));
  Classifier::load(directory.path(), {.skimming = false}, collect);
  EXPECT_EQ(notices.size(), 1U) << "dense, the two compute the same";
}

TEST(ClassifierErrors, AModelWithoutPredictorsIsNoticed) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.predictor_size = 0});
  std::vector<std::string> notices;
  Classifier::load(directory.path(), {}, [&](const std::string& notice) { notices.push_back(notice); });
  EXPECT_EQ(notices, std::vector<std::string>{"the model has no skim predictors: it runs dense"});
}

}  // namespace
}  // namespace transkimmer::test
