#include "model/weight_specs.h"

#include <utility>

#include "model/relative_bias.h"

namespace transkimmer {
namespace {

/// Collects specs under dotted names.
class SpecList {
 public:
  void add(std::string name, std::vector<std::int64_t> shape, WeightGroup group, WeightRole role) {
    specs_.push_back({std::move(name), std::move(shape), group, role});
  }
  /// A Linear layer: weight [out, in], bias [out].
  void add_linear(const std::string& name, std::int64_t out, std::int64_t in, WeightGroup group,
                  WeightRole bias = WeightRole::bias) {
    add(name + ".weight", {out, in}, group, WeightRole::matrix);
    add(name + ".bias", {out}, group, bias);
  }
  /// A LayerNorm: weight [size], bias [size].
  void add_norm(const std::string& name, std::int64_t size, WeightGroup group) {
    add(name + ".weight", {size}, group, WeightRole::norm_scale);
    add(name + ".bias", {size}, group, WeightRole::norm_shift);
  }
  std::vector<WeightSpec> take() { return std::move(specs_); }

 private:
  std::vector<WeightSpec> specs_;
};

void add_embeddings(const ModelSpec& spec, SpecList& list) {
  const EmbeddingNames names = embedding_names();
  const EmbeddingSpec& embeddings = spec.embeddings;
  const std::int64_t columns = embedding_columns(spec);
  list.add(names.words, {embeddings.vocab_size, columns}, WeightGroup::encoder, WeightRole::word_table);
  list.add(names.positions, {embeddings.position_rows, columns}, WeightGroup::encoder,
           WeightRole::position_table);
  if (embeddings.types > 0)
    list.add(names.types, {embeddings.types, columns}, WeightGroup::encoder, WeightRole::type_table);
  list.add_norm(names.norm, columns, WeightGroup::encoder);
  if (embeddings.size > 0) list.add_linear(names.projection, spec.hidden_size, columns, WeightGroup::encoder);
}

void add_layer(const ModelSpec& spec, std::size_t index, SpecList& list) {
  const std::int64_t hidden = spec.hidden_size, wide = spec.layers[index].feed_forward.size;
  const LayerNames names = layer_names(index);
  for (const std::string& projection : {names.query, names.key, names.value, names.attention_output})
    list.add_linear(projection, hidden, hidden, WeightGroup::encoder);
  list.add_norm(names.attention_norm, hidden, WeightGroup::encoder);
  list.add_linear(names.feed_forward_in, wide, hidden, WeightGroup::encoder);
  list.add_linear(names.feed_forward_out, hidden, wide, WeightGroup::encoder);
  list.add_norm(names.output_norm, hidden, WeightGroup::encoder);
}

void add_predictor(const ModelSpec& spec, std::size_t index, SpecList& list) {
  const std::int64_t size = spec.skim.predictor_size;
  const PredictorNames names = predictor_names(index);
  list.add_norm(names.input_norm, spec.hidden_size, WeightGroup::predictor);
  list.add_linear(names.projection, size, spec.hidden_size, WeightGroup::predictor);
  list.add_norm(names.projection_norm, size, WeightGroup::predictor);
  list.add_linear(names.decision, 2, size, WeightGroup::predictor, WeightRole::decision_bias);
}

/// In the order of Hugging Face's modules: the bias of a tied product is a parameter of the head itself, and
/// comes before those of the modules in it.
void add_head(const ModelSpec& spec, SpecList& list) {
  for (const HeadStep& step : spec.head.steps)
    if (step.tied && step.biased)
      list.add(step.name + ".bias", {step.out}, WeightGroup::head, WeightRole::bias);
  std::int64_t in = spec.head.width(spec.hidden_size);
  for (const HeadStep& step : spec.head.steps) {
    const WeightGroup group = step.pooler ? WeightGroup::pooler : WeightGroup::head;
    if (!step.tied) list.add(step.name + ".weight", {step.out, in}, group, WeightRole::matrix);
    if (!step.tied && step.biased) list.add(step.name + ".bias", {step.out}, group, WeightRole::bias);
    if (!step.norm.empty()) list.add_norm(step.norm, step.out, group);
    in = step.out;
  }
}

}  // namespace

EmbeddingNames embedding_names() {
  return {"embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight",
          "embeddings.token_type_embeddings.weight", "embeddings.LayerNorm", "embeddings_project"};
}

std::int64_t embedding_columns(const ModelSpec& spec) {
  return spec.embeddings.size > 0 ? spec.embeddings.size : spec.hidden_size;
}

LayerNames layer_names(std::size_t layer) {
  const std::string prefix = "encoder.layer." + std::to_string(layer);
  return {.query = prefix + ".attention.self.query",
          .key = prefix + ".attention.self.key",
          .value = prefix + ".attention.self.value",
          .attention_output = prefix + ".attention.output.dense",
          .attention_norm = prefix + ".attention.output.LayerNorm",
          .feed_forward_in = prefix + ".intermediate.dense",
          .feed_forward_out = prefix + ".output.dense",
          .output_norm = prefix + ".output.LayerNorm"};
}

PredictorNames predictor_names(std::size_t layer) {
  const std::string prefix = predictors_prefix() + std::to_string(layer) + ".predictor.";
  return {.input_norm = prefix + "0",
          .projection = prefix + "1",
          .projection_norm = prefix + "2",
          .decision = prefix + "4"};
}

std::vector<std::string> encoder_prefixes() {
  std::vector<std::string> prefixes;
  for (const std::string& name :
       {embedding_names().words, embedding_names().projection, layer_names(0).query}) {
    const std::string first = name.substr(0, name.find('.'));
    prefixes.push_back(first + ".");
  }
  return prefixes;
}

std::string predictors_prefix() {
  return "encoder.skim_predictors.";
}

std::vector<WeightSpec> expected_weights(const ModelSpec& spec) {
  SpecList list;
  add_embeddings(spec, list);
  for (std::size_t i = 0; i < spec.layers.size(); ++i) add_layer(spec, i, list);
  if (spec.relative_bias.buckets > 0)
    list.add(relative_bias_name(), {spec.relative_bias.buckets, spec.layers.front().attention.heads},
             WeightGroup::encoder, WeightRole::matrix);
  if (spec.skim.enabled)
    for (std::size_t i = 0; i < spec.layers.size(); ++i) add_predictor(spec, i, list);
  add_head(spec, list);
  return list.take();
}

}  // namespace transkimmer
