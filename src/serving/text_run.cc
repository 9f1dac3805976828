#include "serving/text_run.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "features/batches.h"
#include "features/encoded_dataset.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "serving/encoded_windows.h"
#include "serving/loaded_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Batches that the inputs sorted together fill: enough for batches of like length. (Without padding that
/// matters little.)
constexpr std::size_t kWindowBatches = 8;

/// Before anything is run, so that no result comes of a call that is at fault.
void check(const Model::Loaded& model, std::span<const TextInput> inputs, const ClassifyOptions& options) {
  if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
  if (model.takes_pairs) return;
  const auto pair = std::find_if(inputs.begin(), inputs.end(),
                                 [](const TextInput& input) { return input.text_pair.has_value(); });
  if (pair != inputs.end())
    throw UsageError(
        fmt::format("input {} is a pair, but the model takes single texts alone (its type_vocab_size is {})",
                    pair - inputs.begin(), model.engine.config().type_vocab_size));
}

class TextRun {
 public:
  TextRun(const Model::Loaded& model, std::span<const TextInput> inputs, const ClassifyOptions& options,
          const TextResultHandler& on_result, const TokenReading& reading)
      : model_(model), inputs_(inputs), options_(options), on_result_(on_result), reading_(reading) {
    progress_.total = inputs.size();
  }

  ClassifyProgress run() {
    const std::size_t largest =
        options_.batch_tokens > SIZE_MAX / kWindowBatches ? SIZE_MAX : kWindowBatches * options_.batch_tokens;
    EncodedWindows windows(inputs_.size(), {options_.batch_tokens, largest},
                           [this](std::size_t i) { return encode(i); });
    while (const auto window = windows.next()) run_window(*window);
    return progress_;
  }

 private:
  Encoding encode(std::size_t i) const {
    const TextInput& input = inputs_[i];
    const Tokenizer& tokenizer = *model_.tokenizer;
    const EncodeOptions cut{longest_input(model_.engine.config(), tokenizer, options_.max_length)};
    Encoding encoding = input.text_pair ? tokenizer.encode_pair(input.text, *input.text_pair, cut)
                                        : tokenizer.encode(input.text, cut);
    if (encoding.ids.empty())
      throw UsageError(
          fmt::format("input {} is blank, and this model's tokenizer puts no tokens around texts", i));
    if (reading_.only && std::ranges::find(encoding.ids, *reading_.only) == encoding.ids.end())
      throw UsageError(fmt::format("input {} has no {} among the tokens that the model reads", i,
                                   tokenizer.token(*reading_.only)));
    return encoding;
  }

  void run_window(const EncodedWindow& window) {
    std::vector<std::size_t> lengths;
    for (const Encoding& encoding : window.encodings) lengths.push_back(encoding.ids.size());
    waiting_.assign(window.encodings.size(), std::nullopt);
    std::size_t handed_over = 0;
    for (const Batch& members : length_sorted_batches(lengths, {SIZE_MAX, options_.batch_tokens})) {
      run_batch(window, members);
      for (; handed_over < waiting_.size() && waiting_[handed_over]; ++handed_over)
        on_result_(window.first + handed_over, window.encodings[handed_over],
                   *std::move(waiting_[handed_over]));
      report_progress();
    }
  }

  void run_batch(const EncodedWindow& window, const Batch& members) {
    RaggedBatch batch;
    // Of a model that was trained so that the first text of a pair, its query, is kept.
    const bool keeps_first_text = model_.engine.config().skim.protection == SkimProtection::question;
    for (const std::uint32_t i : members) {
      const Encoding& encoding = window.encodings[i];
      batch.add(encoding.ids, encoding.type_ids, keeps_first_text ? end_of_first_text(encoding) : 0);
    }
    const std::vector<std::size_t> rows = rows_of(batch);
    const BatchResult run = model_.engine.run(batch);
    const std::size_t labels = run.logits.size() / rows.back();
    for (std::size_t m = 0; m < members.size(); ++m) {
      const std::size_t begin = batch.starts[m], length = batch.starts[m + 1] - begin;
      const auto logits = std::span(run.logits).subspan(rows[m] * labels, (rows[m + 1] - rows[m]) * labels);
      const auto skimmed_at = std::span(run.skimmed_at).subspan(begin, length);
      TextResult& result = waiting_[members[m]].emplace(
          TextResult{reading_.reduce ? reading_.reduce(logits, labels)
                                     : std::vector<float>(logits.begin(), logits.end()),
                     {skimmed_at.begin(), skimmed_at.end()},
                     {}});
      for (std::size_t layer = 0; layer < run.kept.size() / members.size(); ++layer)
        result.kept_fraction.push_back(static_cast<float>(run.kept[layer * members.size() + m]) /
                                       static_cast<float>(length));
    }
    progress_.done += members.size();
    progress_.tokens += batch.tokens();
  }

  /// Where the logits of each sequence begin, and their end; asks for tokens alone that are wanted.
  std::vector<std::size_t> rows_of(RaggedBatch& batch) const {
    const bool of_tokens = model_.engine.spec().head.reads == Reads::each;
    std::vector<std::size_t> rows = {0};
    for (std::size_t m = 0; m < batch.sequences(); ++m) {
      std::size_t count = of_tokens ? batch.starts[m + 1] - batch.starts[m] : 1;
      if (reading_.only) {
        const std::size_t before = batch.asked.size();
        for (std::uint32_t token = batch.starts[m]; token < batch.starts[m + 1]; ++token)
          if (batch.ids[token] == *reading_.only) batch.asked.push_back(token);
        count = batch.asked.size() - before;
      }
      rows.push_back(rows.back() + count);
    }
    return rows;
  }

  void report_progress() {
    progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (options_.progress) options_.progress(progress_);
  }

  const Model::Loaded& model_;
  std::span<const TextInput> inputs_;
  const ClassifyOptions& options_;
  const TextResultHandler& on_result_;
  const TokenReading& reading_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ClassifyProgress progress_;
  std::vector<std::optional<TextResult>> waiting_;  ///< [inputs of the window]
};

}  // namespace

ClassifyProgress run_texts(const Model& model, std::span<const TextInput> inputs,
                           const ClassifyOptions& options, const TextResultHandler& on_result,
                           const TokenReading& reading) {
  check(model.loaded(), inputs, options);
  return TextRun(model.loaded(), inputs, options, on_result, reading).run();
}

std::vector<TokenTrace> trace_of(const Model& model, const Encoding& encoding,
                                 std::span<const std::uint16_t> skimmed_at) {
  const Tokenizer& tokenizer = *model.loaded().tokenizer;
  std::vector<TokenTrace> tokens;
  for (std::size_t t = 0; t < encoding.ids.size(); ++t)
    tokens.push_back({std::string(tokenizer.token(encoding.ids[t])), encoding.offsets[t].begin,
                      encoding.offsets[t].end, encoding.segments[t] == Segment::second, skimmed_at[t]});
  return tokens;
}

}  // namespace transkimmer
