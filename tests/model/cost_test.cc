#include "model/cost.h"

#include <vector>

#include <gtest/gtest.h>

#include "model_files/config/model_config.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// H 4, F 8, 2 layers, P 2, 3 labels: numbers small enough to do by hand.
ModelConfig small_config() {
  ModelConfig config;
  config.head = HeadKind::classification;
  config.hidden_size = 4;
  config.intermediate_size = 8;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.vocab_size = 10;
  config.labels = {"a", "b", "c"};
  config.skim.enabled = true;
  config.skim.predictor_size = 2;
  return config;
}

ModelSpec small_spec() {
  return small_config().spec();
}

// Per kept token a layer's linear parts cost 4*16 + 2*4*8 = 128; attention costs 2*4 = 8 per pair of kept
// tokens; a predictor costs 4*2 + 2*2 = 12 per entering token; the head costs 16 + 4*3 = 28.
TEST(Cost, OfSkimmingIsTheFormula) {
  const std::vector<std::uint32_t> kept = {3, 1};
  const std::uint64_t first = 5 * 12 + 3 * 128 + 9 * 8;
  const std::uint64_t second = 3 * 12 + 1 * 128 + 1 * 8;
  EXPECT_EQ(skimmed_cost(small_spec(), 5, kept).count, first + second + 28);
}

TEST(Cost, OfATextThatIsDoneEndsWithThePredictorThatLetItGo) {
  const std::vector<std::uint32_t> at_once = {0, 0}, later = {5, 0};
  EXPECT_EQ(skimmed_cost(small_spec(), 5, at_once).count, 5U * 12 + 28);
  EXPECT_EQ(skimmed_cost(small_spec(), 5, later).count, 5U * 12 + 5 * 128 + 25 * 8 + 5 * 12 + 28);
}

TEST(Cost, OfTheDenseModelHasNoPredictor) {
  EXPECT_EQ(dense_cost(small_spec(), 5).count, 2U * (5 * 128 + 25 * 8) + 28);
}

TEST(Cost, WithoutPredictorsAndAllKeptIsDense) {
  ModelConfig config = small_config();
  config.skim.enabled = false;
  const std::vector<std::uint32_t> kept = {7, 7};
  EXPECT_EQ(skimmed_cost(config.spec(), 7, kept), dense_cost(config.spec(), 7));
}

TEST(Cost, OfThePredictorIsExtraWhenNothingIsSkimmed) {
  const std::vector<std::uint32_t> kept = {5, 5};
  EXPECT_EQ(skimmed_cost(small_spec(), 5, kept).count, dense_cost(small_spec(), 5).count + 2U * 5 * 12);
}

TEST(Cost, OfBertBaseIsTheKnownFigure) {
  ModelConfig config;
  config.head = HeadKind::classification;
  config.hidden_size = 768;
  config.num_attention_heads = 12;
  config.intermediate_size = 3072;
  config.num_hidden_layers = 12;
  config.labels = {"negative", "positive"};
  // 12 * (128 * 7077888 + 2 * 128^2 * 768) + 768^2 + 768 * 2
  EXPECT_EQ(dense_cost(config.spec(), 128).count, 11173625856U + 591360U);
}

// Of the last layer the first of 5 tokens is needed whole, of the other 4 keys and values: not their 2*16 for
// query and output, 2*4*8 in the feed-forward part, and 2*5*4 in attention.
TEST(Cost, OfWhatNoHeadReadsIsLeftOut) {
  ModelConfig config = small_config();
  EXPECT_EQ(unread_cost(config.spec(), 5).count, 4U * (32 + 64 + 40));
  EXPECT_EQ(unread_cost(config.spec(), 1).count, 0U);
  config.head = HeadKind::regression;
  EXPECT_EQ(unread_cost(config.spec(), 5).count, 4U * (32 + 64 + 40));
  config.head = HeadKind::question_answering;
  EXPECT_EQ(unread_cost(config.spec(), 5).count, 0U);
}

TEST(Cost, OfEmbeddingTablesOfAnotherWidthHasTheirProjection) {
  ModelConfig config = small_config();
  const std::vector<std::uint32_t> kept = {3, 1};
  const std::uint64_t dense = dense_cost(config.spec(), 5).count;
  const std::uint64_t skimmed = skimmed_cost(config.spec(), 5, kept).count;
  config.model_type = "electra";  // whose classifier has the same two layers
  config.embedding_size = 3;
  EXPECT_EQ(dense_cost(config.spec(), 5).count, dense + 5U * 3 * 4);
  EXPECT_EQ(skimmed_cost(config.spec(), 5, kept).count, skimmed + 5U * 3 * 4);
}

TEST(Cost, OfEachHead) {
  ModelConfig config = small_config();
  EXPECT_EQ(head_cost(config.spec(), 9).count, 28U);
  config.head = HeadKind::regression;
  config.labels = {"score"};
  EXPECT_EQ(head_cost(config.spec(), 9).count, 20U);
  config.head = HeadKind::question_answering;
  EXPECT_EQ(head_cost(config.spec(), 9).count, 72U);
  config.head = HeadKind::masked_lm;
  EXPECT_EQ(head_cost(config.spec(), 9).count, 9U * (16 + 40));
  config.head = HeadKind::none;
  EXPECT_EQ(head_cost(config.spec(), 9).count, 0U);
}

TEST(Cost, DoesNotOverflow32Bits) {
  ModelConfig config = small_config();
  config.head = HeadKind::none;
  config.skim.enabled = false;
  const std::vector<std::uint32_t> kept = {100000, 100000};
  EXPECT_EQ(skimmed_cost(config.spec(), 100000, kept).count,
            2U * (100000ULL * 128 + 100000ULL * 100000ULL * 8));
}

TEST(Cost, NeedsOneCountPerLayer) {
  const std::vector<std::uint32_t> kept = {3};
  EXPECT_THROW(skimmed_cost(small_spec(), 5, kept), UsageError);
}

TEST(Macs, Add) {
  Macs sum{3};
  sum += Macs{4};
  EXPECT_EQ(sum, Macs{7});
  EXPECT_EQ(Macs{1} + Macs{2}, Macs{3});
}

}  // namespace
}  // namespace transkimmer
