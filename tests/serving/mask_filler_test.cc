// What a masked language model puts in place of masks: what Hugging Face's fill-mask pipeline puts there.

#include "transkimmer/mask_filler.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/json/json.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

/// scripts/golden/vocabulary_heads.py wrote these models and what the pipeline makes of some texts.
class GoldenMasks : public testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path directory = golden_path("vocabulary_heads") / GetParam();
  json expected = read_json(directory / "expected.json");
  std::vector<std::string> texts = expected["texts"];
  std::vector<std::string_view> views{texts.begin(), texts.end()};
};

INSTANTIATE_TEST_SUITE_P(Models, GoldenMasks, testing::Values("bert", "roberta", "xlm_roberta"),
                         [](const auto& tested) { return tested.param; });

TEST_P(GoldenMasks, AreFilledAsThePipelineDoes) {
  const MaskFiller filler = MaskFiller::load(directory, {.threads = 2});
  EXPECT_EQ(filler.model().task(), "fill-mask");
  const std::vector<FilledText> found = filler.fill(views, {.top_k = 4, .batch_tokens = 20});
  ASSERT_EQ(found.size(), expected["fill"].size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const json& wanted = expected["fill"][i];  // of several masks a list for each
    const json masks = wanted[0].is_array() ? wanted : json::array({wanted});
    ASSERT_EQ(found[i].masks.size(), masks.size());
    for (std::size_t m = 0; m < masks.size(); ++m) {
      ASSERT_EQ(found[i].masks[m].size(), masks[m].size());
      for (std::size_t k = 0; k < masks[m].size(); ++k) {
        const FilledToken& token = found[i].masks[m][k];
        EXPECT_NEAR(token.score, masks[m][k]["score"].get<double>(), 1e-5);
        EXPECT_EQ(token.token, masks[m][k]["token"]);
        EXPECT_EQ(token.token_str, masks[m][k]["token_str"]);
        EXPECT_EQ(token.sequence, masks[m][k]["sequence"]);
      }
    }
  }
}

TEST_P(GoldenMasks, ATextAloneIsFilledAsAmongOthers) {
  const MaskFiller filler = MaskFiller::load(directory, {.threads = 1});
  const std::vector<FilledText> together = filler.fill(views);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const FilledText alone = filler.fill({views[i]}).front();
    for (std::size_t m = 0; m < alone.masks.size(); ++m)
      EXPECT_NEAR(alone.masks[m].front().score, together[i].masks[m].front().score, 1e-6);
  }
}

TEST(MaskFiller, WantsAMaskInEveryText) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::masked_lm, .max_tokens = 16});
  const MaskFiller filler = MaskFiller::load(directory.path(), {.threads = 1});
  EXPECT_EQ(filler.mask_token(), "[MASK]");
  for (const std::string text :
       {"no mask", "a very long story was it and a very long film and the ending was [MASK]"})
    try {
      filler.fill({"a [MASK]", text});
      FAIL() << text;
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(), "input 1 has no [MASK] among the tokens that the model reads");
    }
  EXPECT_THROW(filler.fill({"a [MASK]"}, {.top_k = 0}), UsageError);
}

TEST(MaskFiller, RefusesAModelOfAnotherKind) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {});
  EXPECT_THROW(MaskFiller::load(directory.path()), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
