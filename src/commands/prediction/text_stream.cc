#include "commands/prediction/text_stream.h"

#include <iostream>

#include <fmt/format.h>

#include "commands/program/output.h"
#include "transkimmer/error.h"

namespace transkimmer {

const std::vector<std::string>& aggregation_names() {
  static const std::vector<std::string> names = {"none", "simple", "first", "average", "max"};
  return names;
}

const std::vector<std::string>& embedding_precision_names() {
  static const std::vector<std::string> names = {"float32", "int8", "uint8", "binary", "ubinary"};
  return names;
}

namespace {

/// Texts given to the classifier together: it hands over the first results long before the last, and
/// tokenises the later ones meanwhile.
constexpr std::size_t kMostTexts = 8192;

}  // namespace

PredictProgress::PredictProgress(bool wanted, const char* unit) {
  if (wanted) line_.emplace(ProgressOptions{.title = "", .unit = unit});
}

void PredictProgress::end_call(const ClassifyProgress& call) {
  show(call);
  done_ += call.done;
  tokens_ += call.tokens;
  seconds_ += call.seconds;
}

void PredictProgress::add(std::size_t done) {
  done_ += done;
  if (line_) line_->update(static_cast<std::int64_t>(done_));
}

void PredictProgress::finish() {
  if (line_) line_->finish();
}

void PredictProgress::show(const ClassifyProgress& call) {
  if (!line_) return;
  const double seconds = seconds_ + call.seconds;
  const double rate = seconds > 0 ? static_cast<double>(tokens_ + call.tokens) / seconds : 0;
  line_->update(static_cast<std::int64_t>(done_ + call.done), fmt::format("{:.0f} tokens/s", rate));
}

void CutNotice::see(bool truncated) {
  ++seen_;
  if (!truncated || said_) return;
  said_ = true;
  notices_on_standard_error()(
      fmt::format("input {} has more tokens than the model or --max-length allows: it is cut, and so are "
                  "others that are too long",
                  seen_));
}

void for_each_text(const PredictOptions& options, const TextCall& call) {
  PredictProgress progress(options.progress, "sequences");
  ClassifyOptions classify{options.batch_tokens, options.max_length, options.traces_tokens()};
  classify.progress = [&](const ClassifyProgress& done) {
    std::cout.flush();
    progress.update(done);
  };
  CutNotice cut_notice;
  TextLineReader reader(options.input);
  for_each_chunk(reader, kMostTexts, [&](const std::vector<TextLine>& lines) {
    std::vector<TextInput> inputs;
    for (const auto& line : lines) {
      TextInput& input = inputs.emplace_back(TextInput{line.text, std::nullopt});
      if (line.text_pair) input.text_pair = *line.text_pair;
    }
    progress.end_call(call(lines, inputs, classify, cut_notice));
  });
  progress.finish();
}

std::vector<std::string_view> single_texts(const std::vector<TextInput>& inputs, std::string_view what) {
  std::vector<std::string_view> texts;
  for (const TextInput& input : inputs) {
    if (input.text_pair)
      throw UsageError(fmt::format("{} takes single texts alone, but a line holds a pair", what));
    texts.push_back(input.text);
  }
  return texts;
}

}  // namespace transkimmer
