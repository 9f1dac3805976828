#include "transkimmer/token_classifier.h"

#include <algorithm>
#include <span>
#include <utility>

#include "runtime/probabilities.h"
#include "serving/aggregation.h"
#include "serving/decoded_text.h"
#include "serving/loaded_model.h"
#include "serving/tagged_text.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::token_classification}, "a token classifier"};
  return kind;
}

/// The tokens of an entity in Hugging Face's words (Entity::word).
std::string word_of(const Entity& entity, Aggregation aggregation, const Tokenizer& tokenizer,
                    const Encoding& encoding, std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t t = entity.index; t <= entity.last_index; ++t) {
    const auto& [begin, end] = encoding.offsets[t];
    const bool known = encoding.ids[t] != tokenizer.special_tokens().unknown;
    tokens.push_back(known ? tokenizer.token(encoding.ids[t]) : text.substr(begin, end - begin));
  }
  return aggregation == Aggregation::none ? std::string(tokens.front()) : decode(tokenizer, tokens);
}

}  // namespace

struct TokenClassifier::Impl {
  explicit Impl(Model served) : model(std::move(served)) { require_kind(model, served_kind()); }

  Model model;
};

TaggedText tagged_text(const Model& model, const TextInput& input, const Encoding& encoding,
                       const TextResult& run, Aggregation aggregation) {
  const std::vector<std::string>& labels = model.labels();
  const Tokenizer& tokenizer = *model.loaded().tokenizer;
  std::vector<TokenTrace> trace = trace_of(model, encoding, run.skimmed_at);
  std::vector<std::vector<float>> probabilities(trace.size());
  std::vector<ScoredToken> scored;
  TaggedText result;
  for (std::size_t t = 0; t < trace.size(); ++t) {
    if (encoding.segments[t] == Segment::special) continue;
    probabilities[t] = probabilities_of(std::span(run.logits).subspan(t * labels.size(), labels.size()));
    const bool second = encoding.segments[t] == Segment::second;
    const bool goes_on =
        goes_on_word(tokenizer, encoding.ids[t], encoding.offsets[t], second ? *input.text_pair : input.text);
    scored.push_back({static_cast<std::uint32_t>(t), encoding.offsets[t], second, goes_on, probabilities[t]});
    const auto best = std::ranges::max_element(probabilities[t]);
    const auto label = static_cast<std::size_t>(best - probabilities[t].begin());
    result.tokens.push_back({static_cast<int>(label), labels[label], *best, std::move(trace[t])});
  }
  result.entities = aggregate(scored, labels, aggregation);
  for (Entity& entity : result.entities)
    entity.word =
        word_of(entity, aggregation, tokenizer, encoding, entity.second ? *input.text_pair : input.text);
  return result;
}

TokenClassifier::TokenClassifier(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
TokenClassifier::TokenClassifier(TokenClassifier&&) noexcept = default;
TokenClassifier& TokenClassifier::operator=(TokenClassifier&&) noexcept = default;
TokenClassifier::~TokenClassifier() = default;

TokenClassifier TokenClassifier::load(const std::filesystem::path& directory, const EngineOptions& options,
                                      const std::function<void(const std::string&)>& notices) {
  return TokenClassifier(load_served(directory, options, notices, served_kind()));
}

ClassifyProgress TokenClassifier::tag(std::span<const TextInput> inputs, const TagOptions& options,
                                      const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("tag is given an empty function to hand results to");
  const ClassifyOptions classify{options.batch_tokens, options.max_length, false, options.progress};
  return run_texts(
      impl_->model, inputs, classify, [&](std::size_t index, const Encoding& encoding, TextResult run) {
        TaggedText result = tagged_text(impl_->model, inputs[index], encoding, run, options.aggregation);
        result.kept_fraction = std::move(run.kept_fraction);
        result.truncated = encoding.truncated;
        on_result(index, std::move(result));
      });
}

std::vector<TaggedText> TokenClassifier::tag(std::span<const TextInput> inputs,
                                             const TagOptions& options) const {
  std::vector<TaggedText> results(inputs.size());
  tag(inputs, options, [&](std::size_t index, TaggedText result) { results[index] = std::move(result); });
  return results;
}

std::vector<TaggedText> TokenClassifier::tag(std::initializer_list<TextInput> inputs,
                                             const TagOptions& options) const {
  return tag(std::span(inputs.begin(), inputs.size()), options);
}

const Model& TokenClassifier::model() const {
  return impl_->model;
}

const std::vector<std::string>& TokenClassifier::labels() const {
  return impl_->model.labels();
}

}  // namespace transkimmer
