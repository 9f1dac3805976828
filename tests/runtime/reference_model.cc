#include "runtime/reference_model.h"

#include <algorithm>
#include <cmath>

#include "compute/kernels/definitions.h"

namespace transkimmer::test {
namespace {

constexpr double kPredictorEpsilon = 1e-5;

Row softmax(Row scores) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  for (double& score : scores) score /= sum;
  return scores;
}

}  // namespace

Row ReferenceModel::vector(const std::string& name) const {
  const std::vector<float> values = weights_.floats(name);
  return {values.begin(), values.end()};
}

Rows ReferenceModel::matrix(const std::string& name) const {
  const std::vector<float> values = weights_.floats(name);
  const auto columns = static_cast<std::ptrdiff_t>(weights_.at(name).shape.back());
  Rows rows;
  for (auto row = values.begin(); row != values.end(); row += columns) rows.emplace_back(row, row + columns);
  return rows;
}

Row ReferenceModel::linear(const std::string& name, const Row& x) const {
  return linear(name, Rows{x}).front();
}

Rows ReferenceModel::linear(const std::string& name, const Rows& x) const {
  const Rows weight = matrix(name + ".weight");
  const Row bias = vector(name + ".bias");
  Rows y;
  for (const Row& row : x) {
    Row out = bias;
    for (std::size_t i = 0; i < out.size(); ++i)
      for (std::size_t k = 0; k < row.size(); ++k) out[i] += weight[i][k] * row[k];
    y.push_back(out);
  }
  return y;
}

Row ReferenceModel::layer_norm(const std::string& name, const Row& x, double epsilon) const {
  const Row gamma = vector(name + ".weight");
  const Row beta = vector(name + ".bias");
  Row y = normalized(x, epsilon);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = y[i] * gamma[i] + beta[i];
  return y;
}

Rows ReferenceModel::add_and_norm(const std::string& name, const Rows& x, const Rows& residual) const {
  Rows y;
  for (std::size_t t = 0; t < x.size(); ++t) {
    Row sum = x[t];
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += residual[t][i];
    y.push_back(layer_norm(name, sum, config_.layer_norm_eps));
  }
  return y;
}

Rows ReferenceModel::embeddings(std::span<const std::int32_t> ids,
                                std::span<const std::int32_t> types) const {
  const Rows words = matrix("embeddings.word_embeddings.weight");
  const Rows positions = matrix("embeddings.position_embeddings.weight");
  const bool has_types = config_.type_vocab_size > 0;
  const Rows kinds = has_types ? matrix("embeddings.token_type_embeddings.weight") : Rows();
  // RoBERTa counts positions from behind the padding id, and does not count padding tokens.
  const bool behind = config_.spec().embeddings.positions == Positions::behind_padding;
  std::int64_t next = behind ? config_.pad_token_id + 1 : 0;
  Rows states;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const bool padding = behind && ids[t] == config_.pad_token_id;
    const auto position = static_cast<std::size_t>(padding ? config_.pad_token_id : next++);
    Row sum = words[static_cast<std::size_t>(ids[t])];
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += positions[position][i] + (has_types ? kinds[static_cast<std::size_t>(types[t])][i] : 0);
    states.push_back(layer_norm("embeddings.LayerNorm", sum, config_.layer_norm_eps));
    if (weights_.contains("embeddings_project.weight"))
      states.back() = linear("embeddings_project", states.back());
  }
  return states;
}

/// logit(keep) - logit(skim)
double ReferenceModel::margin(const std::string& predictor, const Row& x) const {
  Row y = layer_norm(predictor + ".0", x, kPredictorEpsilon);
  y = linear(predictor + ".1", y);
  y = layer_norm(predictor + ".2", y, kPredictorEpsilon);
  for (double& value : y) value = gelu(value);
  y = linear(predictor + ".4", y);
  return y[1] - y[0];
}

/// Of a key so far behind its query: each distance below 8 has a bucket of its own, farther ones share one up
/// to those that are named; keys behind have the second half of 32.
double ReferenceModel::bias(std::size_t head, std::int64_t distance) const {
  const std::string name = "encoder.relative_attention_bias.weight";
  if (!weights_.contains(name)) return 0;
  std::size_t bucket = 0;
  for (const std::int64_t begin : {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91})
    bucket += std::abs(distance) >= begin ? 1 : 0;
  return matrix(name)[bucket + (distance > 0 ? 16 : 0)][head];
}

Rows ReferenceModel::attention(const std::string& layer, const Rows& x,
                               const std::vector<std::size_t>& places) const {
  const Rows query = linear(layer + ".attention.self.query", x);
  const Rows key = linear(layer + ".attention.self.key", x);
  const Rows value = linear(layer + ".attention.self.value", x);
  const auto head_size = static_cast<std::size_t>(config_.head_size());
  Rows context(x.size(), Row(x.front().size(), 0.0));
  for (std::size_t first = 0; first < x.front().size(); first += head_size)
    for (std::size_t t = 0; t < x.size(); ++t) {
      Row scores;
      for (const std::size_t other : places)
        scores.push_back(
            bias(first / head_size, static_cast<std::int64_t>(other) - static_cast<std::int64_t>(places[t])));
      for (std::size_t other = 0; other < x.size(); ++other)
        for (std::size_t i = first; i < first + head_size; ++i)
          scores[other] += query[t][i] * key[other][i] / std::sqrt(static_cast<double>(head_size));
      const Row weights = softmax(scores);
      for (std::size_t other = 0; other < x.size(); ++other)
        for (std::size_t i = first; i < first + head_size; ++i)
          context[t][i] += weights[other] * value[other][i];
    }
  return linear(layer + ".attention.output.dense", context);
}

Rows ReferenceModel::encoder_layer(const std::string& layer, const Rows& x,
                                   const std::vector<std::size_t>& places) const {
  const Rows attended = add_and_norm(layer + ".attention.output.LayerNorm", attention(layer, x, places), x);
  Rows wide = linear(layer + ".intermediate.dense", attended);
  for (Row& row : wide)
    for (double& value : row) value = activated(config_.hidden_act, value);
  return add_and_norm(layer + ".output.LayerNorm", linear(layer + ".output.dense", wide), attended);
}

Rows ReferenceModel::head(const Rows& states) const {
  const HeadSpec head = config_.spec().head;
  Rows read = head.reads == Reads::first ? Rows{states.front()} : states;
  for (const HeadStep& step : head.steps)
    for (Row& row : read) {
      row = linear(step.name, row);
      for (double& value : row) value = activated(step.activation, value);
    }
  return read;
}

ReferenceResult ReferenceModel::run(std::span<const std::int32_t> ids, std::span<const std::int32_t> types,
                                    double threshold) const {
  const auto layers = static_cast<std::size_t>(config_.num_hidden_layers);
  ReferenceResult result;
  result.states = embeddings(ids, types);
  result.skimmed_at.assign(ids.size(), layers);
  std::vector<std::size_t> alive(ids.size());
  for (std::size_t t = 0; t < ids.size(); ++t) alive[t] = t;
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string predictor = "encoder.skim_predictors." + std::to_string(i) + ".predictor";
    std::vector<std::size_t> kept;
    for (const std::size_t t : alive) {
      const bool decides = config_.skim.enabled && t != 0;  // the first token is never skimmed
      const double distance = decides ? margin(predictor, result.states[t]) - threshold : 1;
      if (decides) result.nearest_decision = std::min(result.nearest_decision, std::abs(distance));
      if (distance > 0) {
        kept.push_back(t);
      } else {
        result.skimmed_at[t] = i;
      }
    }
    alive = kept;
    Rows x;
    for (const std::size_t t : alive) x.push_back(result.states[t]);
    const Rows y = encoder_layer("encoder.layer." + std::to_string(i), x, alive);
    for (std::size_t row = 0; row < alive.size(); ++row) result.states[alive[row]] = y[row];
  }
  result.logits = head(result.states);
  return result;
}

}  // namespace transkimmer::test
