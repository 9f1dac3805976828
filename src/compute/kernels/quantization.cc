#include "compute/kernels/quantization.h"

#include "compute/kernels/kernels.h"

namespace transkimmer {

QuantizedWeight quantize_weight(std::span<const float> weight, std::size_t rows) {
  const std::size_t columns = rows == 0 ? 0 : weight.size() / rows;
  QuantizedWeight quantized{std::vector<std::int8_t>(weight.size()), std::vector<float>(rows)};
  write_operand(weight.data(), rows,
                {Precision::int8, quantized.values.data(), quantized.scales.data(), columns});
  return quantized;
}

}  // namespace transkimmer
