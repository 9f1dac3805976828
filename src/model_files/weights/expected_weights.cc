#include <fmt/format.h>

#include "model_files/weights/model_weights.h"

namespace transkimmer {
namespace {

/// Collects specs under dotted names.
class SpecList {
 public:
  void add(std::string name, std::vector<std::int64_t> shape, WeightGroup group) {
    specs_.push_back({std::move(name), std::move(shape), group});
  }
  /// A Linear layer: weight [out, in], bias [out].
  void add_linear(const std::string& name, std::int64_t out, std::int64_t in, WeightGroup group) {
    add(name + ".weight", {out, in}, group);
    add(name + ".bias", {out}, group);
  }
  /// A LayerNorm: weight [size], bias [size].
  void add_norm(const std::string& name, std::int64_t size, WeightGroup group) {
    add(name + ".weight", {size}, group);
    add(name + ".bias", {size}, group);
  }
  std::vector<WeightSpec> take() { return std::move(specs_); }

 private:
  std::vector<WeightSpec> specs_;
};

void add_embeddings(const ModelConfig& config, SpecList& list) {
  const std::int64_t hidden = config.hidden_size;
  list.add("embeddings.word_embeddings.weight", {config.vocab_size, hidden}, WeightGroup::encoder);
  list.add("embeddings.position_embeddings.weight", {config.max_position_embeddings, hidden},
           WeightGroup::encoder);
  list.add("embeddings.token_type_embeddings.weight", {config.type_vocab_size, hidden}, WeightGroup::encoder);
  list.add_norm("embeddings.LayerNorm", hidden, WeightGroup::encoder);
}

void add_layer(const ModelConfig& config, std::int64_t index, SpecList& list) {
  const std::int64_t hidden = config.hidden_size;
  const std::string layer = fmt::format("encoder.layer.{}", index);
  for (const char* const projection : {"query", "key", "value"})
    list.add_linear(fmt::format("{}.attention.self.{}", layer, projection), hidden, hidden,
                    WeightGroup::encoder);
  list.add_linear(layer + ".attention.output.dense", hidden, hidden, WeightGroup::encoder);
  list.add_norm(layer + ".attention.output.LayerNorm", hidden, WeightGroup::encoder);
  list.add_linear(layer + ".intermediate.dense", config.intermediate_size, hidden, WeightGroup::encoder);
  list.add_linear(layer + ".output.dense", hidden, config.intermediate_size, WeightGroup::encoder);
  list.add_norm(layer + ".output.LayerNorm", hidden, WeightGroup::encoder);
}

/// 0 LayerNorm(H), 1 Linear(H, P), 2 LayerNorm(P), 3 is the GELU, 4 Linear(P, 2).
void add_predictor(const ModelConfig& config, std::int64_t index, SpecList& list) {
  const std::int64_t size = config.skim.predictor_size;
  const std::string predictor = fmt::format("encoder.skim_predictors.{}.predictor", index);
  list.add_norm(predictor + ".0", config.hidden_size, WeightGroup::predictor);
  list.add_linear(predictor + ".1", size, config.hidden_size, WeightGroup::predictor);
  list.add_norm(predictor + ".2", size, WeightGroup::predictor);
  list.add_linear(predictor + ".4", 2, size, WeightGroup::predictor);
}

void add_classifier(const ModelConfig& config, SpecList& list) {
  const std::int64_t hidden = config.hidden_size;
  if (config.architecture == Architecture::bert) {
    list.add_linear("pooler.dense", hidden, hidden, WeightGroup::pooler);
    list.add_linear("classifier", config.num_labels(), hidden, WeightGroup::head);
  } else {
    list.add_linear("classifier.dense", hidden, hidden, WeightGroup::head);
    list.add_linear("classifier.out_proj", config.num_labels(), hidden, WeightGroup::head);
  }
}

/// The matrix of the last product is the word embeddings themselves (tied), so it is no weight of its own.
void add_masked_lm(const ModelConfig& config, SpecList& list) {
  const bool bert = config.architecture == Architecture::bert;
  list.add(bert ? "cls.predictions.bias" : "lm_head.bias", {config.vocab_size}, WeightGroup::head);
  list.add_linear(bert ? "cls.predictions.transform.dense" : "lm_head.dense", config.hidden_size,
                  config.hidden_size, WeightGroup::head);
  list.add_norm(bert ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm", config.hidden_size,
                WeightGroup::head);
}

void add_head(const ModelConfig& config, SpecList& list) {
  switch (config.head) {
    case HeadKind::none:
      return;
    case HeadKind::classification:
    case HeadKind::regression:
      return add_classifier(config, list);
    case HeadKind::question_answering:  // one logit for the start, one for the end
      return list.add_linear("qa_outputs", 2, config.hidden_size, WeightGroup::head);
    case HeadKind::masked_lm:
      return add_masked_lm(config, list);
  }
}

}  // namespace

std::vector<WeightSpec> expected_weights(const ModelConfig& config) {
  SpecList list;
  add_embeddings(config, list);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) add_layer(config, i, list);
  if (config.skim.enabled)
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) add_predictor(config, i, list);
  add_head(config, list);
  return list.take();
}

std::string file_name_of(const WeightSpec& spec, const ModelConfig& config) {
  // A bare BertModel is saved without the name of the attribute that holds it in every model with a head.
  if (spec.group == WeightGroup::head || config.head == HeadKind::none) return spec.name;
  return fmt::format("{}.{}", name_of(config.architecture), spec.name);
}

}  // namespace transkimmer
