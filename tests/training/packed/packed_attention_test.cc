#include "training/packed/packed_attention.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "training/network/attention.h"

namespace transkimmer::test {
namespace {

TEST(SmallProduct, IsExactForWholeNumbersOfAnySizeAndTransposed) {
  torch::manual_seed(4);
  for (const std::int64_t rows : {1, 4, 13}) {
    for (const std::int64_t columns : {1, 12, 32, 77}) {
      for (const std::int64_t inner : {0, 1, 9}) {
        const Tensor a = at::randint(-8, 8, {rows, inner}).to(torch::kFloat32);
        const Tensor b = at::randint(-8, 8, {inner, columns}).to(torch::kFloat32);
        const Tensor turned = a.t().contiguous(), out = at::empty({rows, columns});
        SmallProduct product{.rows = static_cast<std::size_t>(rows),
                             .columns = static_cast<std::size_t>(columns),
                             .inner = static_cast<std::size_t>(inner)};
        product.a = turned.data_ptr<float>();
        product.a_row = 1;
        product.a_inner = static_cast<std::size_t>(rows);
        product.b = b.data_ptr<float>();
        product.b_row = product.out_row = static_cast<std::size_t>(columns);
        product.out = out.data_ptr<float>();
        multiply_small(product);
        EXPECT_TRUE(at::equal(out, at::matmul(a, b))) << rows << " by " << inner << " by " << columns;
      }
    }
  }
}

constexpr std::int64_t kHeads = 4;

struct Outcome {
  Tensor context, query, key, value, kept;
};

/// In libtorch's operations, on padded tensors.
Outcome padded(const std::vector<Tensor>& inputs, const Tensor& real, const Tensor& gradient) {
  std::vector<Tensor> own;
  for (const Tensor& input : inputs) own.push_back(input.detach().clone().requires_grad_(true));
  const Tensor context =
      masked_attention({.query = own[0], .key = own[1], .value = own[2]}, {.real = real, .kept = own[3]},
                       {.heads = kHeads, .dropout = 0, .context = {}});
  context.backward(gradient);
  return {context.detach(), own[0].grad(), own[1].grad(), own[2].grad(), own[3].grad()};
}

/// The same of the tokens alone, put where they were.
Outcome packed(const std::vector<Tensor>& inputs, const Tensor& real, const Tensor& gradient) {
  const TokenPacking packing = pack_tokens(real);
  const std::int64_t hidden = inputs[0].size(-1);
  const auto rows = [&](const Tensor& x) { return gather_rows(x.reshape({-1, x.size(-1)}), packing.places); };
  const Tensor query = rows(inputs[0]), key_value = rows(at::cat({inputs[1], inputs[2]}, -1)),
               kept = rows(inputs[3].unsqueeze(-1)).view({-1}), context_gradient = rows(gradient);
  const PackedAttention attention{.heads = kHeads,
                                  .hidden = hidden,
                                  .queries = &packing,
                                  .keys = &packing,
                                  .dropout = {},
                                  .query = query.data_ptr<float>(),
                                  .key_value = key_value.data_ptr<float>(),
                                  .kept = kept.data_ptr<float>()};
  const Tensor ratios = at::empty({attention.ratios()}), context = at::empty_like(query);
  packed_attention(attention, ratios.data_ptr<float>(), {.floats = context.data_ptr<float>()});
  const Tensor query_gradient = at::empty_like(query), key_value_gradient = at::empty_like(key_value),
               kept_gradient = at::zeros({kHeads, packing.tokens()});
  packed_attention_backward(attention, ratios.data_ptr<float>(), context_gradient.data_ptr<float>(),
                            {.query = query_gradient.data_ptr<float>(),
                             .key_value = key_value_gradient.data_ptr<float>(),
                             .kept = kept_gradient.data_ptr<float>()});
  const auto back = [&](const Tensor& x) {
    return scatter_rows(x.contiguous(), packing.places, real.numel()).view({real.size(0), real.size(1), -1});
  };
  return {back(context), back(query_gradient), back(key_value_gradient.slice(1, 0, hidden)),
          back(key_value_gradient.slice(1, hidden)),
          back(at::sum(kept_gradient, 0).unsqueeze(-1)).squeeze(-1)};
}

class PackedAttentionOf : public ::testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(PackedAttentionOf, TokensAndItsGradientsAreThoseOfThePaddedOne) {
  torch::manual_seed(8);
  const std::vector<std::int64_t>& lengths = GetParam();
  const auto batch = static_cast<std::int64_t>(lengths.size());
  const std::int64_t length = *std::max_element(lengths.begin(), lengths.end()), hidden = 48;
  const Tensor real = at::zeros({batch, length});
  for (std::int64_t i = 0; i < batch; ++i) real[i].slice(0, 0, lengths[i]).fill_(1);
  const Tensor kept = at::rand({batch, length}).gt(0.4).to(torch::kFloat32) * real;
  kept.select(1, 0).fill_(1);
  const auto random = [&] { return at::randn({batch, length, hidden}) * real.unsqueeze(-1); };
  const std::vector<Tensor> inputs = {random(), random(), random(), kept};
  const Tensor gradient = random();
  const Outcome expected = padded(inputs, real, gradient), found = packed(inputs, real, gradient);
  const Tensor tokens = real.unsqueeze(-1);
  EXPECT_TRUE(at::allclose(found.context, expected.context * tokens, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found.query, expected.query, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found.key, expected.key, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found.value, expected.value, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found.kept, expected.kept, 1e-4, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(Lengths, PackedAttentionOf,
                         ::testing::Values(std::vector<std::int64_t>{1}, std::vector<std::int64_t>{5, 16, 1},
                                           std::vector<std::int64_t>{128, 31},
                                           std::vector<std::int64_t>{600, 150, 600}));

}  // namespace
}  // namespace transkimmer::test
