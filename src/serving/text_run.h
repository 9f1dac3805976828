#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "text/tokenizer.h"
#include "transkimmer/classifier.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// What is wanted of heads that read every token.
struct TokenReading {
  std::optional<std::int32_t> only = {};  ///< the logits of tokens with this id alone
  /// Makes less of the logits of one text, [tokens, columns], as soon as they are there: a batch of those of
  /// a vocabulary is large.
  std::function<std::vector<float>(std::span<const float> logits, std::size_t columns)> reduce = {};
};

/// What the engine made of one input.
struct TextResult {
  /// [labels], or [tokens, labels] of heads that read every token, of those tokens that were wanted; or what
  /// TokenReading::reduce made of it.
  std::vector<float> logits;
  std::vector<std::uint16_t> skimmed_at;  ///< [tokens]
  std::vector<float> kept_fraction;       ///< [layers]
};

/// Receives the result of one input and its tokens. What it throws ends the run.
using TextResultHandler = std::function<void(std::size_t index, const Encoding& encoding, TextResult result)>;

/// Runs many inputs: windows of them are tokenised ahead on another thread, sorted by length, cut into
/// batches and run; results are handed over in the order of the inputs, on the calling thread. Throws
/// UsageError for options out of range, for a pair where the model takes single texts alone, for a text of 4
/// GiB, and for a blank one that makes no tokens; as Engine::run does.
ClassifyProgress run_texts(const Model& model, std::span<const TextInput> inputs,
                           const ClassifyOptions& options, const TextResultHandler& on_result,
                           const TokenReading& reading = {});

/// The tokens of an input and where they were skimmed.
std::vector<TokenTrace> trace_of(const Model& model, const Encoding& encoding,
                                 std::span<const std::uint16_t> skimmed_at);

}  // namespace transkimmer
