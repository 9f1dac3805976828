#include "training/runs/input_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "training/loop/tiny_training.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

std::string refusal(const EncodedDataset& texts, const ModelConfig& config) {
  try {
    require_within_limits(texts, config, "train.csv");
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(InputLimits, TypesThatTheModelHasNoEmbeddingOfAreRefusedBeforeTablesAreRead) {
  for (const std::int32_t type : {2, 500000000, -1}) {
    EncodedDataset texts = tiny_dataset(5, 1);
    texts.type_ids[3] = type;
    EXPECT_THAT(refusal(texts, tiny_config()),
                ::testing::StartsWith("train.csv: the tokenizer's post_processor gives token type " +
                                      std::to_string(type) + ", expected 0 to 1"));
  }
}

TEST(InputLimits, TextsBeyondThePositionTableAreNamed) {
  EncodedDataset texts = tiny_dataset(2, 1);
  texts.ids.insert(texts.ids.end(), 33, 5);
  texts.type_ids.resize(texts.ids.size());
  texts.starts.push_back(texts.ids.size());
  texts.labels.push_back(0);
  EXPECT_THAT(refusal(texts, tiny_config()),
              ::testing::StartsWith("train.csv: text 3 makes 33 tokens, this model takes at most 32"));
}

TEST(InputLimits, WhatFitsIsTaken) {
  EXPECT_EQ(refusal(tiny_dataset(5, 1), tiny_config()), "");
  EXPECT_EQ(refusal({}, tiny_config()), "");
}

}  // namespace
}  // namespace transkimmer::test
