#include "transkimmer/classifier.h"

#include <algorithm>
#include <utility>

#include "runtime/probabilities.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::classification, HeadKind::multi_label, HeadKind::regression},
                                  "a classifier"};
  return kind;
}

}  // namespace

struct Classifier::Impl {
  explicit Impl(Model served) : model(std::move(served)) { require_kind(model, served_kind()); }

  Classification interpret(std::span<const float> logits) const {
    const ModelConfig& config = model.loaded().engine.config();
    Classification result;
    if (config.head == HeadKind::regression) {
      result.score = logits.front();
      return result;
    }
    const bool sets = config.head == HeadKind::multi_label;
    result.probabilities = sets ? sigmoids_of(logits) : probabilities_of(logits);
    for (std::size_t i = 0; sets && i < logits.size(); ++i)
      if (logits[i] > 0) result.labels.push_back(static_cast<int>(i));
    const auto best = std::max_element(result.probabilities.begin(), result.probabilities.end());
    result.label = static_cast<int>(best - result.probabilities.begin());
    result.label_name = config.labels[static_cast<std::size_t>(result.label)];
    result.score = *best;
    return result;
  }

  Model model;
};

Classifier::Classifier(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Classifier Classifier::load(const std::filesystem::path& directory, const EngineOptions& options,
                            const std::function<void(const std::string&)>& notices) {
  return Classifier(load_served(directory, options, notices, served_kind()));
}

const Model& Classifier::model() const {
  return impl_->model;
}

ClassifyProgress Classifier::classify(std::span<const TextInput> inputs, const ClassifyOptions& options,
                                      const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("classify is given an empty function to hand results to");
  return run_texts(impl_->model, inputs, options,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     Classification result = impl_->interpret(run.logits);
                     result.kept_fraction = std::move(run.kept_fraction);
                     result.truncated = encoding.truncated;
                     if (options.trace_tokens)
                       result.tokens = trace_of(impl_->model, encoding, run.skimmed_at);
                     on_result(index, std::move(result));
                   });
}

ClassifyProgress Classifier::classify(std::initializer_list<TextInput> inputs, const ClassifyOptions& options,
                                      const ResultHandler& on_result) const {
  return classify(std::span(inputs.begin(), inputs.size()), options, on_result);
}

std::vector<Classification> Classifier::classify(std::span<const TextInput> inputs,
                                                 const ClassifyOptions& options) const {
  std::vector<Classification> results(inputs.size());
  classify(inputs, options,
           [&](std::size_t index, Classification result) { results[index] = std::move(result); });
  return results;
}

std::vector<Classification> Classifier::classify(std::initializer_list<TextInput> inputs,
                                                 const ClassifyOptions& options) const {
  return classify(std::span(inputs.begin(), inputs.size()), options);
}

const std::vector<std::string>& Classifier::labels() const {
  return impl_->model.labels();
}
bool Classifier::multi_label() const {
  return impl_->model.loaded().engine.config().head == HeadKind::multi_label;
}
int Classifier::layers() const {
  return impl_->model.layers();
}
int Classifier::threads() const {
  return impl_->model.threads();
}
Precision Classifier::precision() const {
  return impl_->model.precision();
}
bool Classifier::skimming() const {
  return impl_->model.skimming();
}

}  // namespace transkimmer
