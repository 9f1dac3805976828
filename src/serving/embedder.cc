#include "transkimmer/embedder.h"

#include <utility>

#include <fmt/format.h>

#include "metrics/vector_similarity.h"
#include "model_files/sentence_transformers/prompts.h"
#include "serving/first_values.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::embedding}, "an embedder"};
  return kind;
}

}  // namespace

struct Embedder::Impl {
  explicit Impl(Model served) : model(std::move(served)) {
    require_kind(model, served_kind());
    prompts = read_prompts(model.loaded().directory);
  }

  const ModelSpec& spec() const { return model.loaded().engine.spec(); }

  std::size_t dimension() const { return static_cast<std::size_t>(spec().head.out(spec().hidden_size)); }

  void check(const EmbedOptions& options) const {
    if (options.dimensions > dimension())
      throw UsageError(
          fmt::format("dimensions is {}, expected 1 to {}, or 0 for all", options.dimensions, dimension()));
  }

  std::vector<float> cut(std::vector<float> values, const EmbedOptions& options) const {
    if (options.dimensions == 0 || options.dimensions == values.size()) return values;
    return first_values(std::move(values), options.dimensions, spec().head.normalize);
  }

  Model model;
  Prompts prompts;
};

std::vector<float> first_values(std::vector<float> values, std::size_t dimensions, bool normalize) {
  values.resize(dimensions);
  const double length = length_of(values);
  if (normalize && length > 0)
    for (float& value : values) value = static_cast<float>(value / length);
  return values;
}

Embedder::Embedder(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
Embedder::Embedder(Embedder&&) noexcept = default;
Embedder& Embedder::operator=(Embedder&&) noexcept = default;
Embedder::~Embedder() = default;

Embedder Embedder::load(const std::filesystem::path& directory, const EngineOptions& options,
                        const std::function<void(const std::string&)>& notices) {
  return Embedder(load_served(directory, options, notices, served_kind()));
}

ClassifyProgress Embedder::embed(std::span<const std::string_view> texts, const EmbedOptions& options,
                                 const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("embed is given an empty function to hand results to");
  impl_->check(options);
  const std::string& prompt = options.prompt ? *options.prompt : impl_->prompts.usual;
  std::vector<std::string> prompted;
  std::vector<TextInput> inputs;
  inputs.reserve(texts.size());
  if (!prompt.empty()) prompted.reserve(texts.size());
  for (const std::string_view text : texts)
    inputs.push_back({prompt.empty() ? text : prompted.emplace_back(prompt + std::string(text))});
  ClassifyOptions classify{options.batch_tokens, options.max_length};
  classify.progress = options.progress;
  return run_texts(impl_->model, inputs, classify,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     on_result(index, {.values = impl_->cut(std::move(run.logits), options),
                                       .kept_fraction = std::move(run.kept_fraction),
                                       .truncated = encoding.truncated});
                   });
}

std::vector<Embedding> Embedder::embed(std::span<const std::string_view> texts,
                                       const EmbedOptions& options) const {
  std::vector<Embedding> results(texts.size());
  embed(texts, options, [&](std::size_t index, Embedding result) { results[index] = std::move(result); });
  return results;
}

std::vector<Embedding> Embedder::embed(std::initializer_list<std::string_view> texts,
                                       const EmbedOptions& options) const {
  return embed(std::span(texts.begin(), texts.size()), options);
}

const Model& Embedder::model() const {
  return impl_->model;
}
std::size_t Embedder::dimension() const {
  return impl_->dimension();
}
const std::vector<std::pair<std::string, std::string>>& Embedder::prompts() const {
  return impl_->prompts.named;
}

float cosine(std::span<const float> left, std::span<const float> right) {
  if (left.size() != right.size())
    throw UsageError(fmt::format("the vectors have {} and {} values", left.size(), right.size()));
  return static_cast<float>(cosine_similarity(left, right));
}

}  // namespace transkimmer
