// The promise that training and inference compute the same: the masked forward pass of training against the
// runtime, which removes skimmed tokens, on random models.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "features/questions/qa_windows.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/encoder.h"
#include "runtime/cpu/head.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "training/network/model.h"
#include "training/objectives/batching.h"

namespace transkimmer {
namespace {

struct Case {
  std::string name;
  test::TinyModel model;
  bool windows = false;  ///< of questions and their contexts, in place of random tokens
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

/// Decisions nearer to the threshold than rounding can move them are not compared, nor what follows from
/// them.
constexpr double kTie = 1e-4;
constexpr double kTolerance = 1e-4;

EncodedDataset random_data(const ModelConfig& config, std::size_t sequences) {
  std::mt19937_64 random(11);
  EncodedDataset data;
  for (std::size_t i = 0; i < sequences; ++i) {
    const std::size_t length = i == 0 ? static_cast<std::size_t>(config.max_tokens())
                                      : 1 + random() % static_cast<std::uint64_t>(config.max_tokens());
    for (std::size_t t = 0; t < length; ++t) {
      data.ids.push_back(
          static_cast<std::int32_t>(5 + random() % static_cast<std::uint64_t>(config.vocab_size - 5)));
      // As a text may have it. In few of them: it is one embedding, whose margin may be near the threshold in
      // all.
      if (i % 8 == 0 && t % 7 == 3) data.ids.back() = static_cast<std::int32_t>(config.pad_token_id);
      data.type_ids.push_back(static_cast<std::int32_t>(
          random() % static_cast<std::uint64_t>(std::max<std::int64_t>(config.type_vocab_size, 1))));
    }
    data.starts.push_back(data.ids.size());
    data.labels.push_back(0);
  }
  return data;
}

/// Questions about contexts of some words, cut into windows that overlap.
EncodedDataset question_windows(const std::filesystem::path& directory, const ModelConfig& config) {
  const std::vector<std::string> words = {"a",   "charming", "journey", "the", "flat",  "movie",
                                          "was", "very",     "good",    "bad", "story", "ending"};
  std::mt19937_64 random(12);
  QaDataset dataset;
  for (std::size_t i = 0; i < 16; ++i) {
    std::string& context = dataset.contexts.emplace_back();
    for (std::size_t word = 5 * i + 1; word > 0; --word) context += words[random() % words.size()] + ' ';
    dataset.examples.push_back(
        {std::to_string(i), "was the " + words[random() % words.size()] + " good?", i, {}});
  }
  const auto tokenizer = load_tokenizer(directory, config);
  EncodedDataset data = make_qa_windows(dataset, *tokenizer, {.max_length = 40, .doc_stride = 10}, 1).tokens;
  data.labels.assign(data.size(), 0);
  return data;
}

class RemovalEquivalence : public testing::TestWithParam<Case> {
 protected:
  RemovalEquivalence()
      : config(test::write_tiny_model(directory.path(), GetParam().model)),
        weights(ModelWeights::load(directory.path(), config, {true, true})),
        packed(EncoderWeights::pack(config.spec(), weights, config.skim.enabled, 2, kernels)),
        data(GetParam().windows ? question_windows(directory.path(), config) : random_data(config, 32)) {
    EXPECT_GE(data.size(), 20U);
    nearest.assign(data.size(), INFINITY);
    for (std::size_t i = 0; i < data.size(); ++i) {
      ragged.add(data.sequence_ids(i), data.sequence_type_ids(i),
                 data.never_skimmed(i, config.skim.protection));
      everything.push_back(static_cast<std::uint32_t>(i));
    }
  }

  ModelOutput masked() const {
    const torch::NoGradGuard no_gradients;
    const auto model = TrainingModel::load(directory.path(), config, {}, {});
    return model.forward(make_batch(data, everything, config, torch::kCPU).inputs, {});
  }

  /// Remembers how near the decisions of each sequence came to the threshold.
  EncoderResult removed() {
    PassOptions options{.skim_threshold = config.skim.threshold};
    if (config.skim.enabled)
      options.keep = [this](std::size_t, std::size_t token, float margin) {
        const auto next = std::upper_bound(ragged.starts.begin(), ragged.starts.end(), token);
        double& own = nearest[static_cast<std::size_t>(next - ragged.starts.begin()) - 1];
        own = std::min(own, std::abs(static_cast<double>(margin) - config.skim.threshold));
        return static_cast<double>(margin) > config.skim.threshold;
      };
    return encode(config.spec(), packed, ragged, {options, OutputStates::all_tokens}, pool, workspace);
  }

  test::TemporaryDirectory directory;
  ModelConfig config;
  ModelWeights weights;
  MatrixKernelCache kernels;
  EncoderWeights packed;
  EncodedDataset data;
  RaggedBatch ragged;
  Batch everything;
  ThreadPool pool{2};
  Workspace workspace;
  std::vector<double> nearest;  ///< [sequences]
};

TEST_P(RemovalEquivalence, MaskedTrainingForwardEqualsRemoval) {
  const EncoderResult result = removed();
  const auto ties =
      std::count_if(nearest.begin(), nearest.end(), [](double margin) { return margin < kTie; });
  ASSERT_LE(static_cast<std::size_t>(ties), data.size() / 5) << "too few sequences are left to compare";
  const ModelOutput expected = masked();
  const auto hidden = expected.encoder.hidden.accessor<float, 3>();
  const auto size = static_cast<std::size_t>(config.hidden_size);
  std::size_t skimmed = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    for (std::size_t t = 0; nearest[i] >= kTie && t < data.length(i); ++t) {
      const std::size_t token = ragged.starts[i] + t;
      for (std::size_t layer = 0; layer < expected.encoder.skim_masks.size(); ++layer) {
        const float mask = expected.encoder.skim_masks[layer].accessor<float, 2>()[i][t];
        ASSERT_EQ(mask, result.skimmed_at[token] > layer ? 1.0F : 0.0F)
            << "layer " << layer << ", token " << token;
        skimmed += mask == 0;
      }
      for (std::size_t k = 0; k < size; ++k)
        ASSERT_NEAR(hidden[i][t][k], result.states[token * size + k], kTolerance)
            << "sequence " << i << ", token " << t;
    }
  EXPECT_EQ(skimmed > 0, config.skim.enabled);
}

TEST_P(RemovalEquivalence, LogitsAreTheSameToo) {
  const ModelOutput expected = masked();
  const EncoderResult result = removed();
  const TaskHead head = TaskHead::pack(config.spec(), weights, 2, kernels);
  if (config.head == HeadKind::question_answering) {
    const auto logits = head.logits(result.states, ragged.tokens(), pool);
    const auto reference = expected.head.logits.accessor<float, 3>();
    for (std::size_t i = 0; i < data.size(); ++i)
      for (std::size_t t = 0; nearest[i] >= kTie && t < data.length(i); ++t) {
        EXPECT_NEAR(logits[2 * (ragged.starts[i] + t)], reference[i][t][0], kTolerance);
        EXPECT_NEAR(logits[2 * (ragged.starts[i] + t) + 1], reference[i][t][1], kTolerance);
      }
    return;
  }
  const PassOptions pass{.skim_threshold = config.skim.threshold};
  const EncoderResult first =
      encode(config.spec(), packed, ragged, {pass, OutputStates::first_token}, pool, workspace);
  const auto logits = head.logits(first.states, data.size(), pool);
  const auto reference = expected.head.logits.contiguous().view(-1);
  ASSERT_EQ(static_cast<std::int64_t>(logits.size()), reference.numel());
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (nearest[i * data.size() / logits.size()] >= kTie) {
      EXPECT_NEAR(logits[i], reference[static_cast<std::int64_t>(i)].item<float>(), kTolerance);
    }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& architecture : test::every_architecture())
    for (const std::int64_t predictor : {0, 32, 64})
      for (const double threshold : {-0.7, 0.0, 0.9}) {
        test::TinyModel model;
        model.architecture = architecture;
        model.predictor_size = predictor;
        model.threshold = threshold;
        all.push_back({test::in_test_name(architecture) + "_predictor" + std::to_string(predictor) +
                           "_threshold" + std::to_string(static_cast<int>(threshold * 10 + 10)),
                       model});
      }
  for (const HeadKind head : {HeadKind::question_answering, HeadKind::regression}) {
    test::TinyModel model;
    model.head = head;
    if (head == HeadKind::regression) model.labels = {"LABEL_0"};
    all.push_back({"head" + std::to_string(static_cast<int>(head)), model});
  }
  for (const std::string& architecture : test::every_architecture()) {
    test::TinyModel model;
    model.architecture = architecture;
    model.head = HeadKind::question_answering;
    model.seed = 2;
    all.push_back({test::in_test_name(architecture) + "_windows", model, true});
    model.protection = SkimProtection::question;
    all.push_back({test::in_test_name(architecture) + "_windows_of_protected_questions", model, true});
  }
  for (const std::string& architecture : test::every_architecture())
    for (const HeadKind head : {HeadKind::classification, HeadKind::question_answering})
      for (const double threshold : {-0.3, 0.3}) {
        test::TinyModel model;
        model.architecture = architecture;
        model.head = head;
        model.predictor_size = 32;
        model.threshold = threshold;
        model.protection = SkimProtection::none;
        all.push_back({test::in_test_name(architecture) + "_unprotected_head" +
                           std::to_string(static_cast<int>(head)) + (threshold < 0 ? "_few" : "_many"),
                       model});
      }
  test::TinyModel wide;
  wide.hidden_size = 96;
  wide.heads = 3;
  wide.layers = 5;
  wide.intermediate_size = 200;
  wide.max_tokens = 150;
  wide.predictor_size = 64;
  all.push_back({"wide_and_deep", wide});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Models, RemovalEquivalence, testing::ValuesIn(cases()),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace transkimmer
