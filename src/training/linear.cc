#include "training/linear.h"

#include <vector>

#include "training/compute_settings.h"
#include "training/matrix_product.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

const float* data_of(const Tensor& tensor) {
  return tensor.data_ptr<float>();
}

class CpuLinear : public Function<CpuLinear> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias) {
    const std::int64_t in = weight.size(1), out = weight.size(0);
    const Tensor x = input.reshape({-1, in}).contiguous();
    ctx->save_for_backward({x, weight});
    Tensor result = at::empty({x.size(0), out}, x.options());
    result.copy_(bias.expand_as(result));
    multiply({.rows = x.size(0), .columns = out, .inner = in, .keep = 1.0F}, {data_of(x), in},
             {data_of(weight), in, /*transposed=*/true}, result.data_ptr<float>(), out);
    std::vector<std::int64_t> shape = input.sizes().vec();
    shape.back() = out;
    return result.view(shape);
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const std::int64_t in = weight.size(1), out = weight.size(0), rows = x.size(0);
    const Tensor gradient = gradients[0].reshape({rows, out}).contiguous();
    Tensor input_gradient;
    if (ctx->needs_input_grad(0)) {
      input_gradient = at::empty({rows, in}, x.options());
      multiply({.rows = rows, .columns = in, .inner = out}, {data_of(gradient), out}, {data_of(weight), in},
               input_gradient.data_ptr<float>(), in);
      std::vector<std::int64_t> shape = gradients[0].sizes().vec();
      shape.back() = in;
      input_gradient = input_gradient.view(shape);
    }
    Tensor weight_gradient = at::empty({out, in}, x.options());
    multiply({.rows = out, .columns = in, .inner = rows}, {data_of(gradient), out, /*transposed=*/true},
             {data_of(x), in}, weight_gradient.data_ptr<float>(), in);
    return {input_gradient, weight_gradient, at::sum(gradient, 0)};
  }
};

}  // namespace

Tensor linear(const Tensor& input, const AffineWeights& weights) {
  if (cpu_autocasting() || !input.is_cpu() || input.scalar_type() != torch::kFloat32) {
    return at::linear(input, weights.weight, weights.bias);
  }
  return CpuLinear::apply(input, weights.weight, weights.bias);
}

}  // namespace transkimmer
