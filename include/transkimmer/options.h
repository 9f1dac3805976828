#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace transkimmer {

/// Arithmetic of the matrix products in the encoder's layers. Everything else is single precision whatever is
/// chosen: embeddings, LayerNorm, softmax, residuals, skim decisions and the task head.
enum class Precision {
  f32,
  bf16,      ///< weights and operands rounded to bf16, sums in f32; needs AVX-512 BF16
  int8,      ///< a scale per weight row and per token, sums in int32; needs AVX-512 VNNI
  automatic  ///< bf16 where the machine has it, else f32: what is fast without looking at the accuracy first
};

/// "f32", "bf16", "int8", "auto".
constexpr std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
    case Precision::automatic:
      return "auto";
  }
  return "unknown";
}

/// How a model is run.
struct EngineOptions {
  /// 0: all processors this process may use, by its affinity and by the CPU quota of its container.
  int threads = 0;
  bool skimming = true;  ///< false runs the same weights dense
  /// Keep a token when logit_keep - logit_skim > threshold; larger skims more. Unset: the model's own
  /// setting.
  std::optional<double> skim_threshold = std::nullopt;
  /// A precision that the machine has no instructions for falls back to f32, with a notice.
  Precision precision = Precision::f32;
  /// Texts may come from anyone, and may spell out special tokens ("[SEP]", "<pad>"), which the model then
  /// takes for its own. true: they are read as plain text, whatever the tokenizer's files say.
  bool split_special_tokens = false;
};

}  // namespace transkimmer
