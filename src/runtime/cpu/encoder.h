#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compute/threads/thread_pool.h"
#include "model/model_spec.h"
#include "runtime/cpu/encoder_weights.h"
#include "runtime/cpu/workspace.h"
#include "runtime/pass/prepared_model.h"

namespace transkimmer {

/// Which final states the head reads. The last layer computes no others.
enum class OutputStates { first_token, all_tokens };

/// What a pass through the layers does, and keeps.
struct EncoderOptions {
  const PassOptions& pass;
  OutputStates outputs = OutputStates::first_token;
};

/// What a pass through the layers leaves.
struct EncoderResult {
  /// [sequences, hidden] or [tokens, hidden]; lives in the workspace. A skimmed token's state is the input of
  /// the layer that skimmed it.
  const float* states = nullptr;
  std::vector<std::uint16_t> skimmed_at;  ///< [tokens]: layer index, or the number of layers for never
  std::vector<std::uint32_t> kept;        ///< [layers, sequences]; 0 from where a text's last token left
  std::size_t margins_in_f32 = 0;         ///< see predict_margins
};

/// Runs the encoder over a ragged batch, removing skimmed tokens before each layer. Where
/// the first token is not protected and nothing else is read, a text of which it is skimmed is done: its
/// other tokens leave in the same layer.
EncoderResult encode(const ModelSpec& spec, const EncoderWeights& weights, const RaggedBatch& batch,
                     const EncoderOptions& options, const ThreadPool& pool, Workspace& workspace);

}  // namespace transkimmer
