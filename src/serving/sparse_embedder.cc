#include "transkimmer/sparse_embedder.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "model_files/sentence_transformers/splade_pooling.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::masked_lm}, "a masked language model"};
  return kind;
}

}  // namespace

struct SparseEmbedder::Impl {
  explicit Impl(Model served)
      : model((require_kind(served, served_kind()), std::move(served))),
        pooling(read_splade_pooling(model.loaded().directory).value_or(SpladePooling{})) {}

  float weight(float logit) const {
    const float once = std::log1p(std::max(logit, 0.0F));
    return pooling.twice ? std::log1p(once) : once;
  }

  /// `logits` [tokens, vocabulary] -> [vocabulary]. The weight grows with the logit, so that the largest
  /// logit alone need be weighed; sums are of many weights, hence in double precision.
  std::vector<float> pool(std::span<const float> logits, std::size_t vocabulary) const {
    std::vector<double> pooled(vocabulary, 0.0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      double& value = pooled[i % vocabulary];
      value = pooling.sum ? value + weight(logits[i]) : std::max(value, static_cast<double>(logits[i]));
    }
    std::vector<float> weights;
    weights.reserve(vocabulary);
    for (const double value : pooled)
      weights.push_back(pooling.sum ? static_cast<float>(value) : weight(static_cast<float>(value)));
    return weights;
  }

  std::vector<SparseValue> values_of(const std::vector<float>& pooled, std::size_t most) const {
    const Tokenizer& tokenizer = *model.loaded().tokenizer;
    std::vector<SparseValue> values;
    for (std::size_t k = 0; k < pooled.size(); ++k)
      if (pooled[k] > 0) values.push_back({.index = static_cast<int>(k), .value = pooled[k], .token = {}});
    std::ranges::stable_sort(values, std::ranges::greater(), &SparseValue::value);
    if (most > 0 && most < values.size()) values.resize(most);
    // A model may have rows for more ids than its tokenizer has tokens.
    for (SparseValue& value : values)
      if (static_cast<std::size_t>(value.index) < tokenizer.vocabulary_size())
        value.token = tokenizer.token(value.index);
    return values;
  }

  Model model;
  SpladePooling pooling;
};

SparseEmbedder::SparseEmbedder(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
SparseEmbedder::SparseEmbedder(SparseEmbedder&&) noexcept = default;
SparseEmbedder& SparseEmbedder::operator=(SparseEmbedder&&) noexcept = default;
SparseEmbedder::~SparseEmbedder() = default;

SparseEmbedder SparseEmbedder::load(const std::filesystem::path& directory, const EngineOptions& options,
                                    const std::function<void(const std::string&)>& notices) {
  return SparseEmbedder(load_served(directory, options, notices, served_kind()));
}

bool SparseEmbedder::is_meant_by(const Model& model) {
  const Model::Loaded& loaded = model.loaded();
  return loaded.engine.config().head == HeadKind::masked_lm &&
         read_splade_pooling(loaded.directory).has_value();
}

ClassifyProgress SparseEmbedder::embed(std::span<const std::string_view> texts,
                                       const SparseEmbedOptions& options,
                                       const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("embed is given an empty function to hand results to");
  std::vector<TextInput> inputs;
  for (const std::string_view text : texts) inputs.push_back({text});
  ClassifyOptions classify{options.batch_tokens, options.max_length};
  classify.progress = options.progress;
  const auto pool = [this](std::span<const float> logits, std::size_t vocabulary) {
    return impl_->pool(logits, vocabulary);
  };
  return run_texts(impl_->model, inputs, classify,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     on_result(index, {.values = impl_->values_of(run.logits, options.max_active_dims),
                                       .kept_fraction = std::move(run.kept_fraction),
                                       .truncated = encoding.truncated});
                   },
                   {.reduce = pool});
}

std::vector<SparseEmbedding> SparseEmbedder::embed(std::span<const std::string_view> texts,
                                                   const SparseEmbedOptions& options) const {
  std::vector<SparseEmbedding> results(texts.size());
  embed(texts, options,
        [&](std::size_t index, SparseEmbedding result) { results[index] = std::move(result); });
  return results;
}

std::vector<SparseEmbedding> SparseEmbedder::embed(std::initializer_list<std::string_view> texts,
                                                   const SparseEmbedOptions& options) const {
  return embed(std::span(texts.begin(), texts.size()), options);
}

const Model& SparseEmbedder::model() const {
  return impl_->model;
}

}  // namespace transkimmer
