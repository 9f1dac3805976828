#include "training/encoder.h"

#include <string>

#include "training/linear.h"

namespace transkimmer {

Encoder::Encoder(const ModelConfig& config, const Parameters& parameters)
    : skim_threshold(config.skim.threshold),
      config_(config),
      word_embeddings_(parameters.at("embeddings.word_embeddings.weight")),
      position_embeddings_(parameters.at("embeddings.position_embeddings.weight")),
      type_embeddings_(parameters.at("embeddings.token_type_embeddings.weight")),
      embedding_norm_(affine_weights(parameters, "embeddings.LayerNorm")) {
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.push_back(make_layer(parameters, "encoder.layer." + std::to_string(i)));
    if (config.skim.enabled) {
      predictors_.emplace_back(parameters, "encoder.skim_predictors." + std::to_string(i));
    }
  }
}

Encoder::Layer Encoder::make_layer(const Parameters& parameters, const std::string& prefix) const {
  const auto weights = [&](const char* name) { return affine_weights(parameters, prefix + name); };
  return {.query = weights(".attention.self.query"),
          .key = weights(".attention.self.key"),
          .value = weights(".attention.self.value"),
          .attention_output = weights(".attention.output.dense"),
          .attention_norm = weights(".attention.output.LayerNorm"),
          .intermediate = weights(".intermediate.dense"),
          .output = weights(".output.dense"),
          .output_norm = weights(".output.LayerNorm")};
}

Tensor Encoder::position_ids(const Tensor& ids) const {
  if (config_.architecture == Architecture::bert) {
    return at::arange(ids.size(1), ids.options()).unsqueeze(0).expand_as(ids);
  }
  // RoBERTa counts from pad_token_id + 1, and padding stays at pad_token_id.
  const Tensor counted = ids.ne(config_.pad_token_id).to(torch::kInt64);
  return at::cumsum(counted, 1) * counted + config_.pad_token_id;
}

Tensor Encoder::embed(const PaddedBatch& batch, const DropoutContext& context) const {
  // The published code declares a padding row in RoBERTa's position table: it gets no gradient.
  const std::int64_t no_padding_row = -1;
  const std::int64_t position_padding =
      config_.architecture == Architecture::roberta ? config_.pad_token_id : no_padding_row;
  const Tensor sum = at::embedding(word_embeddings_, batch.ids, config_.pad_token_id) +
                     at::embedding(type_embeddings_, batch.type_ids) +
                     at::embedding(position_embeddings_, position_ids(batch.ids), position_padding);
  return dropout(layer_norm(sum, embedding_norm_, config_.layer_norm_eps), config_.hidden_dropout_prob,
                 context);
}

Tensor Encoder::run_layer(const Layer& layer, const Tensor& hidden, const AttentionMask& mask,
                          const AttentionOptions& attention) const {
  const Tensor context = masked_attention({.query = linear(hidden, layer.query),
                                           .key = linear(hidden, layer.key),
                                           .value = linear(hidden, layer.value)},
                                          mask, attention);
  const auto residual = [&](const Tensor& x, const Tensor& input, const AffineWeights& norm) {
    return layer_norm(dropout(x, config_.hidden_dropout_prob, attention.context) + input, norm,
                      config_.layer_norm_eps);
  };
  const Tensor attended = residual(linear(context, layer.attention_output), hidden, layer.attention_norm);
  const Tensor expanded = at::gelu(linear(attended, layer.intermediate));
  return residual(linear(expanded, layer.output), attended, layer.output_norm);
}

Tensor Encoder::decide(std::size_t layer, const Tensor& hidden, const ForwardOptions& options,
                       RandomStreams& random, EncoderTrace* trace) const {
  const Tensor logits = predictors_[layer].logits(hidden);
  if (trace != nullptr) trace->skim_logits.push_back(logits);
  Tensor noise;
  if (options.skim_noise.defined()) {
    const Tensor given = options.skim_noise.select(0, static_cast<std::int64_t>(layer));
    noise = at::constant_pad_nd(given.select(-1, 1) - given.select(-1, 0), {1, 0});
  } else if (options.training) {
    noise = draw_gate_noise({hidden.size(0), hidden.size(1)}, hidden.device(), random.next());
  }
  return straight_through_decisions(logits, noise,
                                    {.threshold = skim_threshold, .temperature = config_.skim.temperature});
}

EncoderOutput Encoder::forward(const PaddedBatch& batch, const ForwardOptions& options,
                               EncoderTrace* trace) const {
  RandomStreams random(options.seed);
  const DropoutContext context{.active = options.training, .random = &random};
  const bool skimming = options.skimming && !predictors_.empty();
  AttentionMask mask{.real = batch.real, .kept = {}, .semantics = config_.skim.semantics};
  EncoderOutput output;
  Tensor hidden = embed(batch, context);
  output.hidden = hidden;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (trace != nullptr) trace->hidden.push_back(hidden);
    if (skimming) {
      Tensor decisions = decide(i, hidden, options, random, trace);
      // Not at::maximum, which would share the gradient of equal values between the decision and the rule.
      if (batch.never_skimmed.defined())
        decisions = at::where(batch.never_skimmed.gt(0), at::ones_like(decisions), decisions);
      mask.kept = mask.kept.defined() ? decisions * mask.kept : decisions;
      output.skim_masks.push_back(mask.kept);
    }
    Tensor probabilities;
    const Tensor next = run_layer(layers_[i], hidden, mask,
                                  {.heads = config_.num_attention_heads,
                                   .dropout = config_.attention_probs_dropout_prob,
                                   .context = context,
                                   .probabilities = trace != nullptr ? &probabilities : nullptr});
    if (trace != nullptr) trace->probabilities.push_back(probabilities);
    output.hidden = skimming ? select_tokens(output.hidden, next, mask.kept) : next;
    hidden = next;
  }
  if (trace != nullptr) trace->hidden.push_back(hidden);
  return output;
}

}  // namespace transkimmer
