#include "transkimmer/token_classifier.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/probabilities.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

constexpr std::string_view kOutside = "O";

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::token_classification}, "a token classifier"};
  return kind;
}

/// "B-PER" in its parts; a name without a prefix continues what it stands behind.
struct Tag {
  bool begins = false;
  std::string_view group;
};

Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {true, label.substr(2)};
  if (label.starts_with("I-")) return {false, label.substr(2)};
  return {false, label};
}

/// Tokens of one kind that follow each other.
std::vector<Entity> entities_of(std::span<const TokenLabel> tokens) {
  std::vector<Entity> entities;
  std::size_t first = 0;
  while (first < tokens.size()) {
    const std::string_view group = tag_of(tokens[first].label_name).group;
    const bool second = tokens[first].token.second;
    float sum = 0;
    std::size_t end = first;
    for (; end < tokens.size(); ++end) {
      const Tag tag = tag_of(tokens[end].label_name);
      const bool continues = tag.group == group && !tag.begins && tokens[end].token.second == second;
      if (end > first && !continues) break;
      sum += tokens[end].score;
    }
    if (group != kOutside)
      entities.push_back({std::string(group), sum / static_cast<float>(end - first),
                          tokens[first].token.begin, tokens[end - 1].token.end, second});
    first = end;
  }
  return entities;
}

}  // namespace

struct TokenClassifier::Impl {
  explicit Impl(Model served) : model(std::move(served)) { require_kind(model, served_kind()); }

  TaggedText interpret(const Encoding& encoding, const TextResult& run) const {
    const std::vector<std::string>& labels = model.labels();
    std::vector<TokenTrace> trace = trace_of(model, encoding, run.skimmed_at);
    TaggedText result;
    for (std::size_t t = 0; t < trace.size(); ++t) {
      if (encoding.segments[t] == Segment::special) continue;
      const std::vector<float> probabilities =
          probabilities_of(std::span(run.logits).subspan(t * labels.size(), labels.size()));
      const auto best = std::max_element(probabilities.begin(), probabilities.end());
      const auto label = static_cast<std::size_t>(best - probabilities.begin());
      result.tokens.push_back({static_cast<int>(label), labels[label], *best, std::move(trace[t])});
    }
    result.entities = entities_of(result.tokens);
    return result;
  }

  Model model;
};

TokenClassifier::TokenClassifier(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
TokenClassifier::TokenClassifier(TokenClassifier&&) noexcept = default;
TokenClassifier& TokenClassifier::operator=(TokenClassifier&&) noexcept = default;
TokenClassifier::~TokenClassifier() = default;

TokenClassifier TokenClassifier::load(const std::filesystem::path& directory, const EngineOptions& options,
                                      const std::function<void(const std::string&)>& notices) {
  return TokenClassifier(load_served(directory, options, notices, served_kind()));
}

ClassifyProgress TokenClassifier::tag(std::span<const TextInput> inputs, const ClassifyOptions& options,
                                      const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("tag is given an empty function to hand results to");
  return run_texts(impl_->model, inputs, options,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     TaggedText result = impl_->interpret(encoding, run);
                     result.kept_fraction = std::move(run.kept_fraction);
                     result.truncated = encoding.truncated;
                     on_result(index, std::move(result));
                   });
}

std::vector<TaggedText> TokenClassifier::tag(std::span<const TextInput> inputs,
                                             const ClassifyOptions& options) const {
  std::vector<TaggedText> results(inputs.size());
  tag(inputs, options, [&](std::size_t index, TaggedText result) { results[index] = std::move(result); });
  return results;
}

std::vector<TaggedText> TokenClassifier::tag(std::initializer_list<TextInput> inputs,
                                             const ClassifyOptions& options) const {
  return tag(std::span(inputs.begin(), inputs.size()), options);
}

const Model& TokenClassifier::model() const {
  return impl_->model;
}

const std::vector<std::string>& TokenClassifier::labels() const {
  return impl_->model.labels();
}

}  // namespace transkimmer
