#include "training/network/encoder.h"

#include <string>

#include "model/relative_bias.h"
#include "model/weight_specs.h"
#include "training/network/activate.h"
#include "training/skimming/skim_masks.h"
#include "training/tensors/compute_settings.h"
#include "training/tensors/linear.h"

namespace transkimmer {

namespace {

EmbeddingTables embedding_tables(const ModelSpec& spec, const Parameters& parameters) {
  const EmbeddingNames names = embedding_names();
  const Tensor& words = parameters.at(names.words);
  return {.words = words,
          .positions = parameters.at(names.positions),
          // A model without token types adds nothing for them.
          .types = spec.embeddings.types > 0 ? parameters.at(names.types)
                                             : at::zeros({1, words.size(1)}, words.options()),
          .norm = affine_weights(parameters, names.norm),
          .word_rows = parameters.entry(names.words).rows};
}

EncoderLayerWeights layer_weights(std::size_t layer, const Parameters& parameters) {
  const LayerNames names = layer_names(layer);
  const auto weights = [&](const std::string& name) { return affine_weights(parameters, name); };
  return {.query = weights(names.query),
          .key = weights(names.key),
          .value = weights(names.value),
          .attention_output = weights(names.attention_output),
          .attention_norm = weights(names.attention_norm),
          .intermediate = weights(names.feed_forward_in),
          .output = weights(names.feed_forward_out),
          .output_norm = weights(names.output_norm)};
}

/// [heads, 2 S - 1] by distance -> [heads, S, S] by query and key.
Tensor bias_of_pairs(const Tensor& by_distance) {
  const std::int64_t length = (by_distance.size(1) + 1) / 2;
  const Tensor places = at::arange(length, by_distance.options().dtype(torch::kInt64));
  const Tensor distances = places.unsqueeze(0) - places.unsqueeze(1) + (length - 1);
  return by_distance.index_select(1, distances.view(-1)).view({-1, length, length});
}

}  // namespace

Encoder::Encoder(const ModelSpec& spec, const Parameters& parameters)
    : skim_threshold(spec.skim.threshold), spec_(spec), embeddings_(embedding_tables(spec, parameters)) {
  if (spec.relative_bias.buckets > 0) relative_bias_ = parameters.at(relative_bias_name());
  if (spec.embeddings.size > 0) projection_ = affine_weights(parameters, embedding_names().projection);
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    layers_.push_back(layer_weights(i, parameters));
    if (spec.skim.enabled) predictors_.emplace_back(parameters, i);
  }
}

/// The published code declares a padding row in RoBERTa's position table: it gets no gradient.
std::int64_t Encoder::fixed_position() const {
  constexpr std::int64_t kNone = -1;
  return spec_.embeddings.positions == Positions::behind_padding ? spec_.embeddings.padding_id : kNone;
}

Tensor Encoder::position_ids(const Tensor& ids) const {
  if (spec_.embeddings.positions == Positions::from_zero) {
    return at::arange(ids.size(1), ids.options()).unsqueeze(0).expand_as(ids);
  }
  const Tensor counted = ids.ne(spec_.embeddings.padding_id).to(torch::kInt64);
  return at::cumsum(counted, 1) * counted + spec_.embeddings.padding_id;
}

Tensor Encoder::bias_by_distance(std::int64_t length) const {
  if (!relative_bias_.defined()) return {};
  const Tensor buckets = at::tensor(relative_buckets(spec_.relative_bias, length), torch::kInt64);
  return at::index_select(relative_bias_, 0, buckets.to(relative_bias_.device())).t().contiguous();
}

/// Of logits [B, S, 2].
Tensor Encoder::decide(std::size_t layer, const Tensor& logits, Pass& pass) const {
  Tensor noise;
  if (pass.options.skim_noise.defined()) {
    const Tensor given = pass.options.skim_noise.select(0, static_cast<std::int64_t>(layer));
    noise = at::constant_pad_nd(given.select(-1, 1) - given.select(-1, 0), {1, 0});
  } else if (pass.options.training && pass.options.gate_noise > 0) {
    const Tensor drawn =
        draw_gate_noise({logits.size(0), logits.size(1)}, logits.device(), pass.random.next());
    noise = pass.options.gate_noise == 1 ? drawn : drawn * pass.options.gate_noise;
  }
  Tensor decisions =
      straight_through_decisions(logits, noise,
                                 {.threshold = skim_threshold,
                                  .temperature = spec_.skim.temperature,
                                  .keep_first = spec_.skim.protection != SkimProtection::none});
  // Not at::maximum, which would share the gradient of equal values between the decision and the rule.
  if (pass.batch.never_skimmed.defined())
    decisions = at::where(pass.batch.never_skimmed.gt(0), at::ones_like(decisions), decisions);
  return decisions;
}

EncoderOutput Encoder::forward(const PaddedBatch& batch, const ForwardOptions& options,
                               EncoderTrace* trace) const {
  Pass pass{.batch = batch,
            .options = options,
            .random = RandomStreams(options.seed),
            .skimming = options.skimming && !predictors_.empty(),
            .texts_exit = options.skimming && !predictors_.empty() && spec_.texts_exit(),
            .bias = bias_by_distance(batch.ids.size(1))};
  const bool packing = trace == nullptr && !options.padded && batch.ids.is_cpu() &&
                       spec_.skim.semantics == SkimSemantics::removal;
  return packing ? forward_packed(pass) : forward_padded(pass, trace);
}

Tensor Encoder::embed(Pass& pass) const {
  const PaddedBatch& batch = pass.batch;
  if (embeddings_.word_rows) embeddings_.word_rows->prepare_all();
  const Tensor sum = at::embedding(embeddings_.words, batch.ids, spec_.embeddings.padding_id) +
                     at::embedding(embeddings_.types, batch.type_ids) +
                     at::embedding(embeddings_.positions, position_ids(batch.ids), fixed_position());
  return project(
      dropout(layer_norm(sum, embeddings_.norm, spec_.norm_epsilon), spec_.dropout.hidden, pass.dropout()));
}

/// To the hidden size.
Tensor Encoder::project(const Tensor& embedded) const {
  return projection_.weight.defined() ? linear(embedded, projection_) : embedded;
}

Tensor Encoder::run_layer(std::size_t index, const Tensor& hidden, const AttentionMask& mask,
                          const AttentionOptions& attention) const {
  const EncoderLayerWeights& layer = layers_[index];
  const Tensor context = masked_attention({.query = linear(hidden, layer.query),
                                           .key = linear(hidden, layer.key),
                                           .value = linear(hidden, layer.value)},
                                          mask, attention);
  const auto dropped = [&](const Tensor& x, double probability) {
    return dropout(x, probability, attention.context);
  };
  const Tensor attended =
      layer_norm(dropped(linear(context, layer.attention_output), spec_.dropout.attention_output) + hidden,
                 layer.attention_norm, spec_.norm_epsilon);
  const Tensor expanded =
      activate(spec_.layers[index].feed_forward.activation, linear(attended, layer.intermediate));
  return layer_norm(dropped(linear(expanded, layer.output), spec_.dropout.hidden) + attended,
                    layer.output_norm, spec_.norm_epsilon);
}

EncoderOutput Encoder::forward_padded(Pass& pass, EncoderTrace* trace) const {
  AttentionMask mask{.real = pass.batch.real,
                     .kept = {},
                     .semantics = spec_.skim.semantics,
                     .gradient_of_return = pass.options.gradient_of_return};
  SkimMasks masks(spec_, pass.batch.real);
  const Tensor bias = pass.bias.defined() ? bias_of_pairs(pass.bias) : Tensor();
  EncoderOutput output;
  Tensor hidden = embed(pass);
  output.hidden = hidden;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (trace != nullptr) trace->hidden.push_back(hidden);
    if (pass.skimming) {
      const Tensor logits = predictors_[i].logits(hidden);
      if (trace != nullptr) trace->skim_logits.push_back(logits);
      masks.decide(decide(i, logits, pass));
      mask.kept = masks.keys();
      output.skim_masks.push_back(masks.kept());
    }
    Tensor probabilities;
    const Tensor next = run_layer(i, hidden, mask,
                                  {.heads = spec_.layers[i].attention.heads,
                                   .dropout = spec_.dropout.attention,
                                   .context = pass.dropout(),
                                   .bias = bias,
                                   .probabilities = trace != nullptr ? &probabilities : nullptr});
    if (trace != nullptr) trace->probabilities.push_back(probabilities);
    output.hidden = pass.skimming ? select_tokens(output.hidden, next, masks.kept()) : next;
    hidden = next;
  }
  if (trace != nullptr) trace->hidden.push_back(hidden);
  return output;
}

Tensor Encoder::embed_packed(Pass& pass, std::shared_ptr<const TokenPacking> packing) const {
  const auto chosen = [&](const Tensor& ids) {
    const Tensor all = ids.contiguous();
    std::vector<std::int64_t> rows;
    for (const std::int64_t place : packing->places) rows.push_back(all.data_ptr<std::int64_t>()[place]);
    return rows;
  };
  const PaddedBatch& batch = pass.batch;
  auto rows = std::make_shared<EmbeddingRows>(EmbeddingRows{.words = chosen(batch.ids),
                                                            .positions = chosen(position_ids(batch.ids)),
                                                            .types = chosen(batch.type_ids),
                                                            .fixed_word = spec_.embeddings.padding_id,
                                                            .fixed_position = fixed_position()});
  return project(packed_embedding(
      embeddings_, std::move(rows), std::move(packing),
      {.epsilon = spec_.norm_epsilon, .dropout = next_dropout_rule(spec_.dropout.hidden, pass.dropout())}));
}

Tensor Encoder::run_packed_layer(std::size_t layer, const Tensor& hidden, const Tensor& kept,
                                 const TokenPacking& packing, Pass& pass) const {
  auto tokens =
      std::make_shared<PackedLayerTokens>(PackedLayerTokens{.keys = packing, .queries = packing, .rows = {}});
  if (pass.options.first_token_only && layer + 1 == layers_.size()) {
    PackedSubset first = first_tokens(packing);
    tokens->queries = std::move(first.packing);
    tokens->rows = std::move(first.rows);
  }
  // In the order in which forward_padded draws them.
  const DropoutRule attention = next_dropout_rule(spec_.dropout.attention, pass.dropout());
  const DropoutRule attended = next_dropout_rule(spec_.dropout.attention_output, pass.dropout());
  const DropoutRule output = next_dropout_rule(spec_.dropout.hidden, pass.dropout());
  EncoderLayerWeights weights = layers_[layer];
  weights.relative_bias = pass.bias;
  return packed_layer(hidden, kept, weights, std::move(tokens),
                      {.heads = spec_.layers[layer].attention.heads,
                       .activation = spec_.layers[layer].feed_forward.activation,
                       .epsilon = spec_.norm_epsilon,
                       .bf16 = rounding_cpu_products(),
                       .gradient_of_return = pass.options.gradient_of_return,
                       .attention_dropout = attention,
                       .attended_dropout = attended,
                       .output_dropout = output});
}

struct Encoder::PackedStates {
  SkimMasks masks;
  TokenPacking packing = {};
  Tensor hidden = {};   ///< [T, H]: input of the next layer
  Tensor reached = {};  ///< [T, H]: of each token the last state it reached; [B, H] of first tokens alone
  Tensor kept = {};     ///< [T]: masks of the tokens that are computed; undefined when not skimming
  Tensor keys = {};     ///< [T], alike
  std::vector<std::int64_t> skimmed_for = {};  ///< [T]: layers since a token was skimmed; 0: it is not
  std::vector<Tensor> gone = {};               ///< states of tokens that left
  std::vector<std::int64_t> gone_places = {};

  std::int64_t places() const { return packing.batch * packing.length; }
  Tensor spread(const Tensor& rows) const { return scatter_rows(rows, packing.places, places()); }
  Tensor present() const {
    return spread(at::ones({packing.tokens(), 1})).view({packing.batch, packing.length});
  }
  Tensor gather(const Tensor& mask) const {
    return gather_rows(mask.reshape({-1, 1}), packing.places).view({-1});
  }
  /// [B, H]: rows of first tokens, zero for texts that have none left.
  static Tensor by_text(const Tensor& rows, const TokenPacking& first) {
    std::vector<std::int64_t> texts;
    for (const std::int64_t place : first.places) texts.push_back(place / first.length);
    return scatter_rows(rows, texts, first.batch);
  }

  /// Where first tokens alone are asked for; `followed`: `reached` has a row of every text.
  void leave_first_tokens(bool followed) {
    if (!followed) {
      reached = hidden;
      packing = first_tokens(packing).packing;
      return;
    }
    packing.places.clear();
    for (std::int64_t text = 0; text < packing.batch; ++text) packing.places.push_back(text * packing.length);
  }

  /// Lets the tokens go that need not stay, now that a layer has decided.
  void remove(std::int64_t delay, bool keeps_states) {
    const Tensor kept_tokens = masks.kept().contiguous();
    const float* const kept_data = kept_tokens.data_ptr<float>();
    std::vector<bool> stays;
    std::vector<std::int64_t> leaving, skimmed;
    for (std::int64_t row = 0; row < packing.tokens(); ++row) {
      const std::int64_t layers = kept_data[packing.places[row]] == 0 ? skimmed_for[row] + 1 : 0;
      stays.push_back(layers <= delay);
      if (stays.back()) {
        skimmed.push_back(layers);
      } else {
        leaving.push_back(row);
      }
    }
    if (leaving.empty()) {
      skimmed_for = std::move(skimmed);
      return;
    }
    if (keeps_states) {
      gone.push_back(gather_rows(reached, leaving));
      for (const std::int64_t row : leaving) gone_places.push_back(packing.places[row]);
    }
    PackedSubset subset = choose_tokens(packing, stays);
    hidden = gather_rows(hidden, subset.rows);
    if (keeps_states) reached = gather_rows(reached, subset.rows);
    packing = std::move(subset.packing);
    skimmed_for = std::move(skimmed);
  }
};

/// Decides before a layer which tokens it keeps, and lets others leave.
void Encoder::skim_packed(std::size_t layer, PackedStates& states, Pass& pass) const {
  const TokenPacking& packing = states.packing;
  if (packing.tokens() == 0) return states.masks.decide(at::zeros_like(pass.batch.real));
  const Tensor logits = states.spread(predictors_[layer].logits(states.hidden));
  const Tensor decisions = decide(layer, logits.view({packing.batch, packing.length, 2}), pass);
  // Padding is no token, and who has left stays away.
  states.masks.decide(decisions * (states.masks.kept().defined() ? states.present() : pass.batch.real));
  const bool exact = at::GradMode::is_enabled() && !pass.options.training;
  if (!exact)
    states.remove(at::GradMode::is_enabled() ? pass.options.removal_delay : 0,
                  !pass.options.first_token_only);
  states.keys = states.gather(states.masks.keys());
  states.kept =
      states.masks.kept().is_same(states.masks.keys()) ? states.keys : states.gather(states.masks.kept());
}

/// Notes what a layer has made of the tokens that it kept.
void Encoder::follow_packed(std::size_t layer, PackedStates& states, const Pass& pass) const {
  if (!pass.options.first_token_only) {
    states.reached =
        pass.skimming ? select_tokens(states.reached, states.hidden, states.kept) : states.hidden;
  } else if (pass.texts_exit) {  // else it is never skimmed, or not read
    const PackedSubset first = first_tokens(states.packing);
    const bool last = layer + 1 == layers_.size();
    const Tensor rows = last ? states.hidden : gather_rows(states.hidden, first.rows);
    states.reached = select_tokens(states.reached, PackedStates::by_text(rows, first.packing),
                                   states.masks.kept().select(1, 0));
  }
}

EncoderOutput Encoder::forward_packed(Pass& pass) const {
  PackedStates states{.masks = SkimMasks(spec_, pass.batch.real)};
  states.packing = pack_tokens(pass.batch.real);
  states.hidden = embed_packed(pass, std::make_shared<const TokenPacking>(states.packing));
  const PackedSubset first = first_tokens(states.packing);
  const bool first_alone = pass.options.first_token_only;
  states.reached = first_alone && pass.texts_exit
                       ? PackedStates::by_text(gather_rows(states.hidden, first.rows), first.packing)
                       : states.hidden;
  states.skimmed_for.resize(states.packing.places.size());
  EncoderOutput output;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (pass.skimming) {
      skim_packed(i, states, pass);
      output.skim_masks.push_back(states.masks.kept());
    }
    if (states.packing.tokens() == 0) continue;  // the last token of every text has left
    states.hidden = run_packed_layer(i, states.hidden, states.keys, states.packing, pass);
    follow_packed(i, states, pass);
  }
  if (first_alone) states.leave_first_tokens(pass.texts_exit);
  states.gone.push_back(states.reached);
  states.gone_places.insert(states.gone_places.end(), states.packing.places.begin(),
                            states.packing.places.end());
  output.hidden = scatter_rows(at::cat(states.gone), states.gone_places, states.places())
                      .view({states.packing.batch, states.packing.length, spec_.hidden_size});
  return output;
}

}  // namespace transkimmer
