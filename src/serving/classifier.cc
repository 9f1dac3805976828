#include "transkimmer/classifier.h"

#include <algorithm>
#include <cmath>

#include "features/batches.h"
#include "model_files/tokenizer_files.h"
#include "runtime/engine.h"

namespace transkimmer {
namespace {

/// Softmax of one row of logits.
std::vector<float> softmax(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  std::vector<float> result;
  float sum = 0;
  for (const float logit : logits) sum += result.emplace_back(std::exp(logit - largest));
  for (float& value : result) value /= sum;
  return result;
}

}  // namespace

struct Classifier::Impl {
  Engine engine;
  std::unique_ptr<const Tokenizer> tokenizer;

  Encoding encode(const TextInput& input, const ClassifyOptions& options) const {
    const auto longest = static_cast<std::size_t>(engine.config().max_tokens());
    const EncodeOptions encoding{options.max_length == 0 ? longest : std::min(options.max_length, longest)};
    return input.text_pair ? tokenizer->encode_pair(input.text, *input.text_pair, encoding)
                           : tokenizer->encode(input.text, encoding);
  }

  Classification interpret(std::span<const float> logits) const {
    Classification result;
    if (engine.config().head == HeadKind::regression) {
      result.score = logits.front();
      return result;
    }
    result.probabilities = softmax(logits);
    const auto best = std::max_element(result.probabilities.begin(), result.probabilities.end());
    result.label = static_cast<int>(best - result.probabilities.begin());
    result.label_name = engine.config().labels[static_cast<std::size_t>(result.label)];
    result.score = *best;
    return result;
  }

  std::vector<TokenTrace> trace(const Encoding& encoding, std::span<const std::uint16_t> skimmed_at) const {
    std::vector<TokenTrace> tokens;
    for (std::size_t t = 0; t < encoding.ids.size(); ++t)
      tokens.push_back({std::string(tokenizer->token(encoding.ids[t])), encoding.offsets[t].begin,
                        encoding.offsets[t].end, encoding.segments[t] == Segment::second, skimmed_at[t]});
    return tokens;
  }
};

Classifier::Classifier(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Classifier Classifier::load(const std::filesystem::path& directory, const EngineOptions& options,
                            const std::function<void(const std::string&)>& notices) {
  Engine engine = Engine::load(directory, options, notices);
  if (engine.config().head == HeadKind::question_answering)
    throw UsageError(directory.string() + " holds a question answering model, not a classifier");
  auto tokenizer = load_tokenizer(directory, engine.config());
  return Classifier(std::make_unique<const Impl>(Impl{std::move(engine), std::move(tokenizer)}));
}

std::vector<Classification> Classifier::classify(std::span<const TextInput> inputs,
                                                 const ClassifyOptions& options) const {
  if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
  std::vector<Encoding> encodings;
  std::vector<std::size_t> lengths;
  for (const TextInput& input : inputs) {
    encodings.push_back(impl_->encode(input, options));
    lengths.push_back(encodings.back().ids.size());
  }
  std::vector<Classification> results(inputs.size());
  for (const Batch& members : length_sorted_batches(lengths, {SIZE_MAX, options.batch_tokens})) {
    RaggedBatch batch;
    for (const std::uint32_t i : members) batch.add(encodings[i].ids, encodings[i].type_ids);
    const BatchResult run = impl_->engine.run(batch);
    const std::size_t labels = run.logits.size() / members.size();
    for (std::size_t m = 0; m < members.size(); ++m) {
      results[members[m]] = impl_->interpret(std::span(run.logits).subspan(m * labels, labels));
      if (options.trace_tokens)
        results[members[m]].tokens =
            impl_->trace(encodings[members[m]], std::span(run.skimmed_at).subspan(batch.starts[m]));
    }
  }
  return results;
}

std::vector<Classification> Classifier::classify(std::initializer_list<TextInput> inputs,
                                                 const ClassifyOptions& options) const {
  return classify(std::span(inputs.begin(), inputs.size()), options);
}

const std::vector<std::string>& Classifier::labels() const {
  return impl_->engine.config().labels;
}
int Classifier::layers() const {
  return static_cast<int>(impl_->engine.config().num_hidden_layers);
}

}  // namespace transkimmer
