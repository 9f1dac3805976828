#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "commands/options/text_input.h"
#include "commands/prediction/predict_options.h"
#include "transkimmer/classifier.h"

namespace transkimmer {

// Input that comes line by line, and what is told of it on standard error.

/// A line that shows how far the run has come over all its calls, when asked for.
class PredictProgress {
 public:
  PredictProgress(bool wanted, const char* unit);
  /// Of the present call.
  void update(const ClassifyProgress& call) { show(call); }
  void end_call(const ClassifyProgress& call);
  /// Of calls that count nothing themselves.
  void add(std::size_t done);
  void finish();

 private:
  void show(const ClassifyProgress& call);

  std::optional<ProgressLine> line_;
  std::size_t done_ = 0;
  std::uint64_t tokens_ = 0;
  double seconds_ = 0;
};

/// Says once that texts were cut.
class CutNotice {
 public:
  void see(bool truncated);

 private:
  std::size_t seen_ = 0;
  bool said_ = false;
};

/// Runs a model over some of the input's lines, which are the texts of `inputs`, too; returns how far it
/// came.
using TextCall =
    std::function<ClassifyProgress(const std::vector<TextLine>& lines, const std::vector<TextInput>& inputs,
                                   const ClassifyOptions& options, CutNotice& cut_notice)>;
/// Calls `call` over chunks of the input's lines, as they arrive. Throws IoError, FormatError, and as it
/// does.
void for_each_text(const PredictOptions& options, const TextCall& call);

/// Texts of inputs that may not be pairs; `what` takes them: "an embedder". Throws UsageError.
std::vector<std::string_view> single_texts(const std::vector<TextInput>& inputs, std::string_view what);

}  // namespace transkimmer
