#include "training/tensors/linear.h"

#include <vector>

#include "training/kernels/matrix_product.h"
#include "training/tensors/compute_settings.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

const float* data_of(const Tensor& tensor) {
  return tensor.data_ptr<float>();
}

Bf16MatrixView view_bf16(const Tensor& matrix, bool transposed = false) {
  return {reinterpret_cast<const std::uint16_t*>(matrix.data_ptr<at::BFloat16>()), matrix.size(1),
          transposed};
}

/// [..., n] -> [rows, n]
Tensor as_rows(const Tensor& tensor) {
  return tensor.reshape({-1, tensor.size(-1)}).contiguous();
}

/// [rows, n] -> the leading dimensions of `like`, and n
Tensor in_shape_of(const Tensor& rows, const Tensor& like) {
  std::vector<std::int64_t> shape = like.sizes().vec();
  shape.back() = rows.size(1);
  return rows.view(shape);
}

class CpuLinear : public Function<CpuLinear> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias) {
    const std::int64_t in = weight.size(1), out = weight.size(0);
    const Tensor x = as_rows(input);
    ctx->save_for_backward({x, weight});
    Tensor result = at::empty({x.size(0), out}, x.options());
    result.copy_(bias.expand_as(result));
    multiply({.rows = x.size(0), .columns = out, .inner = in, .keep = 1.0F}, {data_of(x), in},
             {data_of(weight), in, /*transposed=*/true}, result.data_ptr<float>(), out);
    return in_shape_of(result, input);
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const std::int64_t in = weight.size(1), out = weight.size(0), rows = x.size(0);
    const Tensor gradient = as_rows(gradients[0]);
    Tensor input_gradient;
    if (ctx->needs_input_grad(0)) {
      input_gradient = at::empty({rows, in}, x.options());
      multiply({.rows = rows, .columns = in, .inner = out}, {data_of(gradient), out}, {data_of(weight), in},
               input_gradient.data_ptr<float>(), in);
      input_gradient = in_shape_of(input_gradient, gradients[0]);
    }
    Tensor weight_gradient = at::empty({out, in}, x.options());
    multiply({.rows = out, .columns = in, .inner = rows}, {data_of(gradient), out, /*transposed=*/true},
             {data_of(x), in}, weight_gradient.data_ptr<float>(), in);
    return {input_gradient, weight_gradient, at::sum(gradient, 0)};
  }
};

/// The same with operands rounded to bf16, of which the backward pass keeps half as many bytes.
class Bf16Linear : public Function<Bf16Linear> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias) {
    const Tensor x = as_rows(input).to(torch::kBFloat16);
    const Tensor w = weight.to(torch::kBFloat16);
    ctx->save_for_backward({x, w});
    Tensor result = at::empty({x.size(0), w.size(0)}, bias.options());
    multiply_bf16({.rows = x.size(0), .columns = w.size(0), .inner = w.size(1)}, view_bf16(x),
                  view_bf16(w, /*transposed=*/true), data_of(bias), result.data_ptr<float>());
    return in_shape_of(result, input);
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& w = saved[1];
    const Tensor gradient = as_rows(gradients[0]);
    const Tensor rounded = gradient.to(torch::kBFloat16);
    Tensor input_gradient;
    if (ctx->needs_input_grad(0)) {
      input_gradient = at::empty({x.size(0), x.size(1)}, gradient.options());
      multiply_bf16({.rows = x.size(0), .columns = w.size(1), .inner = w.size(0)}, view_bf16(rounded),
                    view_bf16(w), nullptr, input_gradient.data_ptr<float>());
      input_gradient = in_shape_of(input_gradient, gradients[0]);
    }
    Tensor weight_gradient = at::empty({w.size(0), w.size(1)}, gradient.options());
    multiply_bf16({.rows = w.size(0), .columns = w.size(1), .inner = x.size(0)},
                  view_bf16(rounded, /*transposed=*/true), view_bf16(x), nullptr,
                  weight_gradient.data_ptr<float>());
    return {input_gradient, weight_gradient, at::sum(gradient, 0)};
  }
};

bool suits_onednn(const Tensor& input) {
  return input.is_cpu() && input.scalar_type() == torch::kFloat32;
}

}  // namespace

Tensor linear(const Tensor& input, const AffineWeights& weights) {
  if (rounding_cpu_products() && suits_onednn(input))
    return Bf16Linear::apply(input, weights.weight, weights.bias);
  return linear_in_f32(input, weights);
}

Tensor linear_in_f32(const Tensor& input, const AffineWeights& weights) {
  if (suits_onednn(input)) return CpuLinear::apply(input, weights.weight, weights.bias);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return at::linear(input, weights.weight, weights.bias);
}

}  // namespace transkimmer
