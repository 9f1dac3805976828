#include "training/network/initialization.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/architectures/architecture.h"
#include "support/architectures.h"
#include "training/network/model.h"

namespace transkimmer {
namespace {

constexpr std::int64_t kLength = 40;

ModelConfig small_encoder(const std::string& architecture) {
  ModelConfig config;
  config.model_type = architecture;
  config.head = HeadKind::regression;
  config.labels = {"LABEL_0"};
  config.vocab_size = 100;
  config.hidden_size = 128;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.intermediate_size = 128;
  config.max_position_embeddings = 64;
  config.type_vocab_size = architecture_of(architecture).types == TokenTypes::none ? 0 : 2;
  config.pad_token_id = architecture_of(architecture).padding_id;
  return config;
}

/// Of the first layer, [heads, length, length], mean over many sequences of random tokens.
Tensor first_attention(const ModelConfig& config, Initialization initialization) {
  torch::NoGradGuard no_gradients;
  const NewWeights fresh{.device = torch::kCPU, .seed = 3, .initialization = initialization};
  const TrainingModel model = TrainingModel::from_scratch(config, fresh);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  const PaddedBatch batch{.ids = at::randint(5, config.vocab_size, {64, kLength}, generator, torch::kInt64),
                          .type_ids = at::zeros({64, kLength}, torch::kInt64),
                          .real = at::ones({64, kLength}, torch::kFloat32)};
  EncoderTrace trace;
  model.forward(batch, {}, &trace);
  return trace.probabilities.front().mean(0);
}

/// The distance at which a head looks on average most, its own token apart, from positions that have all
/// candidates around them.
std::int64_t favourite_distance(const Tensor& attention) {
  constexpr std::int64_t kFarthest = 8;
  std::vector<double> mass;
  for (std::int64_t distance = -kFarthest; distance <= kFarthest; ++distance) {
    double sum = distance == 0 ? -kLength : 0;
    for (std::int64_t i = kFarthest; i < kLength - kFarthest; ++i)
      sum += attention[i][i + distance].item<double>();
    mass.push_back(sum);
  }
  return std::ranges::max_element(mass) - mass.begin() - kFarthest;
}

class Neighbours : public ::testing::TestWithParam<std::string> {};

TEST_P(Neighbours, EachHeadOfTheFirstLayerLooksAtANeighbourOfItsOwn) {
  const Tensor attention = first_attention(small_encoder(GetParam()), Initialization::neighbours);
  EXPECT_EQ(favourite_distance(attention[0]), -1);
  EXPECT_EQ(favourite_distance(attention[1]), 1);
  EXPECT_EQ(favourite_distance(attention[2]), -2);
  EXPECT_EQ(favourite_distance(attention[3]), 2);
  const double wanted = attention[0][20][19].item<double>();
  EXPECT_GT(wanted, 2 * attention[0][20][35].item<double>()) << "far tokens count less";
}

TEST_P(Neighbours, TouchNothingButPositionsAndTheFirstAttention) {
  const ModelConfig config = small_encoder(GetParam());
  const auto fresh = [&](Initialization initialization) {
    return TrainingModel::from_scratch(config, {torch::kCPU, 3, initialization});
  };
  const TrainingModel published = fresh(Initialization::published);
  const TrainingModel neighbours = fresh(Initialization::neighbours);
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < published.parameters().entries().size(); ++i) {
    const auto& entry = published.parameters().entries()[i];
    if (!entry.value.equal(neighbours.parameters().entries()[i].value)) changed.push_back(entry.spec.name);
  }
  EXPECT_EQ(changed,
            (std::vector<std::string>{
                "embeddings.position_embeddings.weight", "encoder.layer.0.attention.self.query.weight",
                "encoder.layer.0.attention.self.key.weight", "encoder.layer.0.attention.self.value.weight",
                "encoder.layer.0.attention.output.dense.weight"}));
}

INSTANTIATE_TEST_SUITE_P(Architectures, Neighbours, ::testing::ValuesIn(test::every_architecture()),
                         [](const auto& each) { return test::in_test_name(each.param); });

}  // namespace
}  // namespace transkimmer
