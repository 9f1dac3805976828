#include "transkimmer/classifier.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "features/batches.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/cpu/head.h"
#include "serving/encoded_windows.h"
#include "serving/loaded_model.h"

namespace transkimmer {
namespace {

/// Batches that the inputs sorted together fill: enough for batches of like length. (Without padding that
/// matters little.)
constexpr std::size_t kWindowBatches = 8;

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::classification, HeadKind::regression}, "a classifier"};
  return kind;
}

}  // namespace

struct Classifier::Impl {
  explicit Impl(Model served) : model(std::move(served)) { require_kind(model, served_kind()); }

  const Engine& engine() const { return model.loaded().engine; }
  const Tokenizer& tokenizer() const { return *model.loaded().tokenizer; }

  /// Before anything is classified, so that no result comes of a call that is at fault.
  void check(std::span<const TextInput> inputs, const ClassifyOptions& options) const {
    if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
    if (model.loaded().takes_pairs) return;
    const auto pair = std::find_if(inputs.begin(), inputs.end(),
                                   [](const TextInput& input) { return input.text_pair.has_value(); });
    if (pair != inputs.end())
      throw UsageError(fmt::format(
          "input {} is a pair, but the model takes single texts alone (its type_vocab_size is {})",
          pair - inputs.begin(), engine().config().type_vocab_size));
  }

  Encoding encode(const TextInput& input, const ClassifyOptions& options) const {
    const EncodeOptions encoding{longest_input(engine().config(), tokenizer(), options.max_length)};
    return input.text_pair ? tokenizer().encode_pair(input.text, *input.text_pair, encoding)
                           : tokenizer().encode(input.text, encoding);
  }

  Classification interpret(std::span<const float> logits) const {
    Classification result;
    if (engine().config().head == HeadKind::regression) {
      result.score = logits.front();
      return result;
    }
    result.probabilities = probabilities_of(logits);
    const auto best = std::max_element(result.probabilities.begin(), result.probabilities.end());
    result.label = static_cast<int>(best - result.probabilities.begin());
    result.label_name = engine().config().labels[static_cast<std::size_t>(result.label)];
    result.score = *best;
    return result;
  }

  std::vector<TokenTrace> trace(const Encoding& encoding, std::span<const std::uint16_t> skimmed_at) const {
    std::vector<TokenTrace> tokens;
    for (std::size_t t = 0; t < encoding.ids.size(); ++t)
      tokens.push_back({std::string(tokenizer().token(encoding.ids[t])), encoding.offsets[t].begin,
                        encoding.offsets[t].end, encoding.segments[t] == Segment::second, skimmed_at[t]});
    return tokens;
  }

  Model model;
};

/// One call over many inputs: windows of them are tokenised ahead, sorted by length, cut into batches and
/// run.
class Classifier::ClassifyCall {
 public:
  ClassifyCall(const Impl& impl, std::span<const TextInput> inputs, const ClassifyOptions& options,
               const ResultHandler& on_result)
      : impl_(impl), inputs_(inputs), options_(options), on_result_(on_result) {
    progress_.total = inputs.size();
  }

  ClassifyProgress run() {
    const std::size_t largest =
        options_.batch_tokens > SIZE_MAX / kWindowBatches ? SIZE_MAX : kWindowBatches * options_.batch_tokens;
    EncodedWindows windows(inputs_.size(), {options_.batch_tokens, largest},
                           [this](std::size_t i) { return encode(i); });
    while (const auto window = windows.next()) classify(*window);
    return progress_;
  }

 private:
  Encoding encode(std::size_t i) const {
    Encoding encoding = impl_.encode(inputs_[i], options_);
    if (encoding.ids.empty())
      throw UsageError(
          fmt::format("input {} is blank, and this model's tokenizer puts no tokens around texts", i));
    return encoding;
  }

  void classify(const EncodedWindow& window) {
    std::vector<std::size_t> lengths;
    for (const Encoding& encoding : window.encodings) lengths.push_back(encoding.ids.size());
    waiting_.assign(window.encodings.size(), std::nullopt);
    std::size_t handed_over = 0;
    for (const Batch& members : length_sorted_batches(lengths, {SIZE_MAX, options_.batch_tokens})) {
      run_batch(window, members);
      for (; handed_over < waiting_.size() && waiting_[handed_over]; ++handed_over)
        on_result_(window.first + handed_over, *std::move(waiting_[handed_over]));
      report_progress();
    }
  }

  void run_batch(const EncodedWindow& window, const Batch& members) {
    RaggedBatch batch;
    for (const std::uint32_t i : members) batch.add(window.encodings[i].ids, window.encodings[i].type_ids);
    const BatchResult run = impl_.engine().run(batch);
    const std::size_t labels = run.logits.size() / members.size();
    for (std::size_t m = 0; m < members.size(); ++m) {
      Classification& result =
          waiting_[members[m]].emplace(impl_.interpret(std::span(run.logits).subspan(m * labels, labels)));
      for (std::size_t layer = 0; layer < run.kept.size() / members.size(); ++layer)
        result.kept_fraction.push_back(static_cast<float>(run.kept[layer * members.size() + m]) /
                                       static_cast<float>(window.encodings[members[m]].ids.size()));
      result.truncated = window.encodings[members[m]].truncated;
      if (options_.trace_tokens)
        result.tokens =
            impl_.trace(window.encodings[members[m]], std::span(run.skimmed_at).subspan(batch.starts[m]));
    }
    progress_.done += members.size();
    progress_.tokens += batch.tokens();
  }

  void report_progress() {
    progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (options_.progress) options_.progress(progress_);
  }

  const Impl& impl_;
  std::span<const TextInput> inputs_;
  const ClassifyOptions& options_;
  const ResultHandler& on_result_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ClassifyProgress progress_;
  std::vector<std::optional<Classification>> waiting_;  ///< [inputs of the window]
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
  impl_->check(inputs, options);
  return ClassifyCall(*impl_, inputs, options, on_result).run();
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
