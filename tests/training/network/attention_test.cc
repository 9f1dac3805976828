#include "training/network/attention.h"

#include <gtest/gtest.h>

namespace transkimmer::test {
namespace {

constexpr std::int64_t tokens = 6, hidden = 8, dropped = 3;

/// One sequence whose token `dropped` scores so high that it would outweigh all others.
struct Sequence {
  AttentionInput input;
  Tensor wanted;  ///< the loss is its product with the context

  Sequence() {
    torch::manual_seed(4);
    input = {.query = at::randn({1, tokens, hidden}),
             .key = at::randn({1, tokens, hidden}),
             .value = at::randn({1, tokens, hidden})};
    input.key[0][dropped] = 6 * at::sum(input.query[0], 0);
    wanted = at::randn({1, tokens, hidden});
  }

  Tensor loss(const Tensor& kept, bool gradient_of_return) const {
    const AttentionMask mask{
        .real = at::ones({1, tokens}), .kept = kept, .gradient_of_return = gradient_of_return};
    return at::sum(masked_attention(input, mask, {.heads = 2, .dropout = 0, .context = {}}) * wanted);
  }
};

Tensor all_but_one() {
  Tensor kept = at::ones({1, tokens});
  kept[0][dropped] = 0;
  return kept;
}

Tensor gradient_of_kept(const Sequence& sequence, bool gradient_of_return) {
  const Tensor kept = all_but_one().set_requires_grad(true);
  sequence.loss(kept, gradient_of_return).backward();
  return kept.grad();
}

TEST(Attention, GradientOfReturnIsWhatTheTokenWouldChange) {
  const Sequence sequence;
  const double change =
      (sequence.loss(at::ones({1, tokens}), true) - sequence.loss(all_but_one(), true)).item<double>();
  EXPECT_NEAR(gradient_of_kept(sequence, true)[0][dropped].item<double>(), change, 1e-4 * std::abs(change));
}

TEST(Attention, TheDerivativeAtADroppedTokenHasNoSuchBound) {
  const Sequence sequence;
  const double change =
      (sequence.loss(at::ones({1, tokens}), true) - sequence.loss(all_but_one(), true)).item<double>();
  EXPECT_GT(std::abs(gradient_of_kept(sequence, false)[0][dropped].item<double>()), 100 * std::abs(change));
}

TEST(Attention, GradientsOfKeptTokensAreTheSameEitherWay) {
  const Sequence sequence;
  Tensor derivative = gradient_of_kept(sequence, false), of_return = gradient_of_kept(sequence, true);
  derivative[0][dropped] = of_return[0][dropped] = 0;
  EXPECT_TRUE(at::allclose(of_return, derivative, 1e-4, 1e-5));
}

}  // namespace
}  // namespace transkimmer::test
