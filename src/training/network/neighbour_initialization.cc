#include "training/network/neighbour_initialization.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "training/tensors/random_streams.h"

namespace transkimmer {
namespace {

/// As published for positions: from 1 down to nearly 1/10000 radians a token.
constexpr double kSlowest = 10000.0;

double frequency(std::int64_t index, std::int64_t hidden) {
  return std::pow(kSlowest, -2.0 * static_cast<double>(index) / static_cast<double>(hidden));
}

/// [positions, columns of the tables]: sine and cosine of frequency f in columns 2f and 2f + 1.
Tensor sinusoids(const ModelSpec& model, std::int64_t positions) {
  const std::int64_t columns = embedding_columns(model);
  Tensor table = at::zeros({positions, columns}, torch::kFloat32);
  auto cells = table.accessor<float, 2>();
  // The mean square of a sinusoid is half of its amplitude's.
  const double amplitude = model.initializer_range * std::sqrt(2.0);
  for (std::int64_t position = 0; position < positions; ++position) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const double angle = static_cast<double>(position) * frequency(column / 2, columns);
      const double wave = column % 2 == 0 ? std::sin(angle) : std::cos(angle);
      cells[position][column] = static_cast<float>(amplitude * wave);
    }
  }
  return table;
}

/// Which way and how far head `head` looks: -1, 1, -2, 2, ...
std::int64_t offset_of(std::int64_t head) {
  const std::int64_t distance = head / 2 + 1;
  return head % 2 == 0 ? -distance : distance;
}

/// [hidden, hidden]: rows 2m and 2m + 1 of a head take its m-th frequency, turned by what `rotation` says of
/// that head. After the embeddings' LayerNorm a wave has an amplitude of nearly 1, so that the products of
/// matching waves add up to a good part of half a head's size, and those of waves far apart to much less.
template <typename Rotation>
Tensor wave_projection(const ModelSpec& model, const Rotation& rotation) {
  const std::int64_t size = model.hidden_size / model.layers.front().attention.heads;
  const std::int64_t waves = size / 2, columns = embedding_columns(model);
  // Where tables are wider than the hidden size, their last columns do not come through.
  const std::int64_t present = std::min(columns, model.hidden_size);
  Tensor matrix = at::zeros({model.hidden_size, model.hidden_size}, torch::kFloat32);
  auto cells = matrix.accessor<float, 2>();
  for (std::int64_t head = 0; head < model.layers.front().attention.heads; ++head) {
    for (std::int64_t m = 0; m < waves; ++m) {
      // The upper half of the frequencies tells near positions apart.
      const std::int64_t index = m * (present / 4) / waves;
      const double angle = static_cast<double>(rotation(head)) * frequency(index, columns);
      const std::int64_t row = head * size + 2 * m;
      cells[row][2 * index] = cells[row + 1][2 * index + 1] = static_cast<float>(std::cos(angle));
      cells[row][2 * index + 1] = static_cast<float>(std::sin(angle));
      cells[row + 1][2 * index] = static_cast<float>(-std::sin(angle));
    }
  }
  return matrix;
}

Tensor noise(const WeightSpec& spec, double deviation, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(spec.shape, generator, torch::TensorOptions().dtype(torch::kFloat32)) * deviation;
}

}  // namespace

std::optional<Tensor> neighbour_initial_value(const WeightSpec& spec, const ModelSpec& model,
                                              std::uint64_t seed) {
  if (spec.role == WeightRole::position_table) return sinusoids(model, spec.shape.front());
  const LayerNames first = layer_names(0);
  if (spec.name == embedding_names().projection + ".weight")
    return at::eye(spec.shape[0], spec.shape[1]) + noise(spec, model.initializer_range, seed);
  const auto is = [&](const std::string& linear) { return spec.name == linear + ".weight"; };
  if (is(first.query)) return wave_projection(model, offset_of) + noise(spec, model.initializer_range, seed);
  if (is(first.key)) {
    return wave_projection(model, [](std::int64_t) { return 0; }) +
           noise(spec, model.initializer_range, seed);
  }
  if (is(first.value) || is(first.attention_output))
    return noise(spec, 1.0 / std::sqrt(static_cast<double>(model.hidden_size)), seed);
  return std::nullopt;
}

}  // namespace transkimmer
