#include "runtime/cpu/encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "compute/kernels/kernels.h"
#include "compute/threads/openmp_scope.h"
#include "model/weight_specs.h"
#include "runtime/cpu/layer_attention.h"
#include "runtime/cpu/layer_rest.h"
#include "runtime/cpu/pass_threads.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::size_t widest_feed_forward(const ModelSpec& spec) {
  std::int64_t widest = 0;
  for (const LayerSpec& layer : spec.layers) widest = std::max(widest, layer.feed_forward.size);
  return static_cast<std::size_t>(widest);
}

/// The state of one pass: the rows of the tokens still alive, sequence after sequence.
class ForwardPass {
 public:
  ForwardPass(const ModelSpec& spec, const EncoderWeights& weights, const RaggedBatch& batch,
              const EncoderOptions& options, const ThreadPool& pool, Workspace& workspace)
      : spec_(spec),
        weights_(weights),
        batch_(batch),
        pass_(options.pass),
        threshold_(options.pass.skim_threshold.value_or(0)),
        outputs_(options.outputs),
        predicts_(options.pass.skimming && !weights.predictors.empty()),
        threads_(pool, workspace, options.pass.times != nullptr),
        space_(workspace),
        attention_(spec, weights, threads_, workspace),
        hidden_size_(static_cast<std::size_t>(spec.hidden_size)),
        embedding_size_(static_cast<std::size_t>(embedding_columns(spec))),
        feed_forward_(widest_feed_forward(spec)),
        layers_(weights.layers.size()),
        sequences_(batch.sequences()),
        protects_first_(spec.skim.protection != SkimProtection::none),
        texts_exit_(spec.texts_exit() || (!protects_first_ && reads_first_tokens())),
        rows_(batch.tokens()) {}

  EncoderResult run() {
    prepare();
    embed_tokens();
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      skim(layer);
      if (rows_ == 0) break;  // of every text the last token has left
      const bool last = layer + 1 == layers_;
      if (last && reads_first_tokens()) {
        run_last_layer_for_first_tokens();
      } else {
        run_layer(layer);
      }
    }
    if (!reads_first_tokens()) store_outputs_of_rows();
    result_.states = space_.outputs.data();
    for (const Workspace::PerThread& own : space_.per_thread) {
      result_.margins_in_f32 += own.margins_in_f32;
      if (pass_.times != nullptr) *pass_.times += own.times;
    }
    return std::move(result_);
  }

 private:
  bool reads_first_tokens() const { return outputs_ == OutputStates::first_token; }
  float* hidden_row(std::size_t row) const { return space_.hidden.data() + row * hidden_size_; }
  /// The hidden rows as the layers' products read them.
  OperandRows operand_rows(std::size_t row) const {
    return space_.hidden_operand.rows(space_.hidden.data()).from(row);
  }
  static void copy_row(const OperandRows& from, const OperandRows& to) {
    std::memcpy(to.values, from.values, from.columns * operand_bytes(from.precision));
    if (from.precision == Precision::int8) *to.scales = *from.scales;
  }
  NormWeights norm(const NormParameters& parameters) const {
    return {parameters.gamma.data(), parameters.beta.data(), static_cast<float>(spec_.norm_epsilon)};
  }

  void prepare() {
    space_.hidden.reserve(rows_ * hidden_size_);
    space_.hidden_operand.reserve(rows_, hidden_size_, weights_.precision);
    space_.first_operand.reserve(sequences_, hidden_size_, weights_.precision);
    if (texts_exit_) space_.first_states.reserve(sequences_ * hidden_size_);
    space_.inverse_deviations.reserve(rows_);
    space_.means.reserve(rows_);
    space_.margins.reserve(rows_);
    reserve(space_.shared, std::min(rows_, kFewRowsPerThread * threads_.loops.threads()));
    space_.outputs.reserve((reads_first_tokens() ? sequences_ : rows_) * hidden_size_);
    space_.starts.assign(batch_.starts.begin(), batch_.starts.end());
    space_.token_of_row.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) space_.token_of_row[row] = static_cast<std::uint32_t>(row);
    spread_thresholds();
    prepare_threads();
    result_.skimmed_at.assign(rows_, static_cast<std::uint16_t>(layers_));
    result_.kept.assign(layers_ * sequences_, 0);
  }

  void reserve(LayerBuffers& buffers, std::size_t rows) const {
    buffers.projected.reserve(rows * hidden_size_);
    buffers.intermediate.reserve(rows * feed_forward_);
    buffers.context.reserve(rows, hidden_size_, weights_.precision);
    buffers.attended.reserve(rows, hidden_size_, weights_.precision);
    buffers.activated.reserve(rows, feed_forward_, weights_.precision);
  }

  void reserve(PredictorBuffers& buffers) const {
    if (!predicts_) return;
    const PredictorWeights& predictor = weights_.predictors.front();
    buffers.projected.reserve(PackedLinear::kMaxRows * predictor.decision.size());
    if (!predictor.rounded) return;
    buffers.doubtful.reserve(PackedLinear::kMaxRows * hidden_size_);
    if (weights_.precision != Precision::bf16)
      buffers.rounded.reserve(PackedLinear::kMaxRows, hidden_size_, Precision::bf16);
  }

  void prepare_threads() {
    std::size_t longest = 0;
    for (std::size_t i = 0; i < sequences_; ++i)
      longest = std::max<std::size_t>(longest, batch_.starts[i + 1] - batch_.starts[i]);
    space_.per_thread.resize(std::max(space_.per_thread.size(), threads_.loops.threads()));
    for (auto& own : space_.per_thread) {
      own.times = {};
      own.margins_in_f32 = 0;
      if (weights_.embeddings.projection) own.embedded.reserve(PackedLinear::kMaxRows * embedding_size_);
      reserve(own.layer, PackedLinear::kMaxRows);
      reserve(own.predictor);
    }
    attention_.reserve(rows_, longest);
  }

  // ---- Embeddings and skim decisions

  const float* word_embedding(std::size_t row) const {
    return weights_.embeddings.words.data() + static_cast<std::size_t>(batch_.ids[row]) * embedding_size_;
  }

  /// Rows of the word table are too far apart for the hardware to guess where the next one lies.
  void fetch_embedding(std::size_t row) const {
    constexpr std::size_t kCacheLineFloats = 16;
    const float* words = word_embedding(row);
    for (std::size_t k = 0; k < embedding_size_; k += kCacheLineFloats) __builtin_prefetch(words + k);
  }

  using EmbeddingParts = std::array<EmbeddingRow, PackedLinear::kMaxRows>;

  void look_up(std::size_t begin, std::size_t count, EmbeddingParts& parts) const {
    const EmbeddingWeights& tables = weights_.embeddings;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = begin + i;
      fetch_embedding(row);
      const auto type = batch_.type_ids.empty() ? 0 : static_cast<std::size_t>(batch_.type_ids[row]);
      const std::size_t position = space_.position_of_row[row];
      parts[i] = {word_embedding(row), tables.positions.data() + position * embedding_size_,
                  tables.types.data() + type * embedding_size_};
    }
  }

  void count_positions() {
    std::vector<std::uint32_t>& position_of = space_.position_of_row;
    position_of.resize(rows_);
    const bool behind = spec_.embeddings.positions == Positions::behind_padding;
    const auto padding = static_cast<std::uint32_t>(spec_.embeddings.padding_id);
    for (std::size_t i = 0; i < sequences_; ++i) {
      std::uint32_t next = behind ? padding + 1 : 0;
      for (std::uint32_t token = batch_.starts[i]; token < batch_.starts[i + 1]; ++token) {
        const bool is_padding = behind && static_cast<std::uint32_t>(batch_.ids[token]) == padding;
        position_of[token] = is_padding ? padding : next++;
      }
    }
  }

  void embed_tokens() {
    count_positions();
    threads_.loops.for_row_pieces(rows_, embedding_macs_per_row(),
                                  [&](std::size_t begin, std::size_t count, int worker) {
                                    embed_rows(begin, count, worker);
                                    predict(0, begin, count, worker);
                                  });
  }

  void embed_rows(std::size_t begin, std::size_t count, int worker) {
    const OperationTimer timer =
        threads_.time(worker, Operation::embeddings, count * projection_macs_per_row());
    const EmbeddingWeights& tables = weights_.embeddings;
    EmbeddingParts parts;
    look_up(begin, count, parts);
    const NormWeights normalization = norm(tables.norm);
    float* const hidden = hidden_row(begin);
    if (!tables.projection)
      return embed(parts.data(), normalization, {count, hidden_size_}, hidden, hidden_outputs(0, begin));
    float* const embedded = threads_.own(worker).embedded.data();
    embed(parts.data(), normalization, {count, embedding_size_}, embedded);
    tables.projection->multiply(embedded, count, hidden);
    describe_rows(hidden, {count, hidden_size_}, hidden_outputs(0, begin));
  }

  /// What the layers' products and the predictor before `layer` need of the hidden rows from `row` on.
  RowOutputs hidden_outputs(std::size_t layer, std::size_t row) const {
    RowOutputs outputs{operand_rows(row), {}};
    if (predicts_ && layer < layers_) outputs.statistics = statistics(row);
    return outputs;
  }

  RowStatistics statistics(std::size_t row) const {
    return RowStatistics{kPredictorEpsilon, space_.inverse_deviations.data(), space_.means.data()}.from(row);
  }

  /// The skim margins of `count` rows before `layer`.
  void predict(std::size_t layer, std::size_t begin, std::size_t count, int worker) {
    if (!predicts_ || layer == layers_) return;
    const OperationTimer timer =
        threads_.time(worker, Operation::predictors, count * predictor_macs_per_row());
    Workspace::PerThread& own = threads_.own(worker);
    own.margins_in_f32 += predict_margins(
        weights_.predictors[layer],
        {hidden_row(begin), operand_rows(begin), statistics(begin), count, thresholds_from(begin)},
        threshold_, own.predictor, space_.margins.data() + begin);
  }

  bool keeps(std::size_t layer, std::size_t row) const {
    const float margin = predicts_ ? space_.margins.data()[row] : 0.0F;
    // Greater than no threshold, it would skim whatever it is asked about.
    if (std::isnan(margin))
      throw Error("the skim predictor of layer " + std::to_string(layer) +
                  " computed no number: weights of the model are damaged or too large");
    if (pass_.keep) return pass_.keep(layer, space_.token_of_row[row], margin);
    const double* const thresholds = thresholds_from(row);
    return !predicts_ || static_cast<double>(margin) > (thresholds == nullptr ? threshold_ : *thresholds);
  }

  /// Of the rows from `row` on; null where all sequences have the pass's.
  const double* thresholds_from(std::size_t row) const {
    return batch_.skim_thresholds.empty() ? nullptr : space_.threshold_of_row.data() + row;
  }

  void spread_thresholds() {
    if (batch_.skim_thresholds.empty()) return;
    space_.threshold_of_row.resize(rows_);
    for (std::size_t i = 0; i < sequences_; ++i)
      std::fill(space_.threshold_of_row.begin() + batch_.starts[i],
                space_.threshold_of_row.begin() + batch_.starts[i + 1], batch_.skim_thresholds[i]);
  }

  /// Moves the rows that stay together, in place.
  void skim(std::size_t layer) {
    const OperationTimer timer = threads_.time(0, Operation::compaction);
    std::size_t next = 0;
    for (std::size_t i = 0; i < sequences_; ++i) {
      const std::size_t begin = space_.starts[i];
      const std::size_t end = space_.starts[i + 1];
      space_.starts[i] = static_cast<std::uint32_t>(next);
      const std::size_t first = first_skimmable(i);
      bool done = false;
      for (std::size_t row = begin; row < end; ++row) {
        if (!done && (space_.token_of_row[row] < first || keeps(layer, row))) {
          move_row(row, next++);
        } else {
          // Where texts exit, the first row of one that has not is position 0.
          done = done || (texts_exit_ && row == begin);
          retire(i, row, layer);
        }
      }
      result_.kept[layer * sequences_ + i] = static_cast<std::uint32_t>(next - space_.starts[i]);
      // starts[i + 1] still holds the old end, which the next sequence reads as its begin.
    }
    space_.starts[sequences_] = static_cast<std::uint32_t>(next);
    rows_ = next;
  }

  /// The first token of the sequence that a predictor may skim.
  std::size_t first_skimmable(std::size_t sequence) const {
    const std::size_t asked = batch_.never_skimmed.empty() ? 0 : batch_.never_skimmed[sequence];
    return batch_.starts[sequence] + std::max<std::size_t>(asked, protects_first_ ? 1 : 0);
  }

  void move_row(std::size_t from, std::size_t to) {
    if (from == to) return;
    std::memcpy(hidden_row(to), hidden_row(from), hidden_size_ * sizeof(float));
    if (weights_.precision != Precision::f32) copy_row(operand_rows(from), operand_rows(to));
    space_.token_of_row[to] = space_.token_of_row[from];
    if (!batch_.skim_thresholds.empty()) space_.threshold_of_row[to] = space_.threshold_of_row[from];
  }

  void retire(std::size_t sequence, std::size_t row, std::size_t layer) {
    const std::size_t token = space_.token_of_row[row];
    result_.skimmed_at[token] = static_cast<std::uint16_t>(layer);
    if (!reads_first_tokens()) {
      store_output(token, hidden_row(row));
    } else if (token == batch_.starts[sequence]) {
      store_output(sequence, hidden_row(row));
    }
  }

  /// `place`: a token, or a sequence where first tokens alone are read.
  void store_output(std::size_t place, const float* state) {
    std::memcpy(space_.outputs.data() + place * hidden_size_, state, hidden_size_ * sizeof(float));
  }

  void store_outputs_of_rows() {
    for (std::size_t row = 0; row < rows_; ++row) store_output(space_.token_of_row[row], hidden_row(row));
  }

  // ---- Layers

  std::size_t predictor_macs_per_row() const {
    return !predicts_ ? 0 : hidden_size_ * static_cast<std::size_t>(spec_.skim.predictor_size);
  }

  std::size_t projection_macs_per_row() const {
    return weights_.embeddings.projection ? embedding_size_ * hidden_size_ : 0;
  }

  std::size_t embedding_macs_per_row() const {
    return kRowPassMacs * hidden_size_ + projection_macs_per_row() + predictor_macs_per_row();
  }

  void run_layer(std::size_t index) {
    const LayerWeights& layer = weights_.layers[index];
    attention_.project(layer, operand_rows(0), rows_);
    attention_.attend_heads(layer, false);
    finish_layer(layer, space_.hidden.data(), hidden_outputs(index + 1, 0), rows_, index + 1);
  }

  /// Attention output, feed-forward and both LayerNorms over `x` [rows, hidden], in place; then the margins
  /// for the `next` layer, while the rows are still in the cache. `outputs`: of x, for the next layer.
  void finish_layer(const LayerWeights& layer, float* x, const RowOutputs& outputs, std::size_t rows,
                    std::size_t next) {
    if (threads_.loops.few_rows(rows)) {
      finish_few_rows(layer, x, outputs, rows, next);
      return;
    }
    const std::size_t macs = hidden_size_ * (hidden_size_ + 2 * feed_forward_) + predictor_macs_per_row();
    threads_.loops.for_row_pieces(rows, macs, [&](std::size_t begin, std::size_t count, int worker) {
      finish_rows(layer, {x + begin * hidden_size_, attention_.context_rows(begin), outputs.from(begin)},
                  threads_.own(worker).layer, static_cast<float>(spec_.norm_epsilon),
                  OneThread{count, PassThreads::panel_of(worker), threads_.times(worker)});
      predict(next, begin, count, worker);
    });
  }

  void finish_few_rows(const LayerWeights& layer, float* x, const RowOutputs& outputs, std::size_t rows,
                       std::size_t next) {
    finish_rows(layer, {x, attention_.context_rows(0), outputs}, space_.shared,
                static_cast<float>(spec_.norm_epsilon), AllThreads{threads_, rows});
    threads_.loops.for_row_pieces(
        rows, predictor_macs_per_row(),
        [&](std::size_t begin, std::size_t count, int worker) { predict(next, begin, count, worker); });
  }

  /// Runs the steps of a layer's rest on rows that all threads share: products by columns, passes by rows.
  struct AllThreads {
    void multiply(Operation operation, const PackedLinear& linear, const OperandRows& x, float* y) const {
      threads.multiply(operation, linear, x, rows, y);
    }
    template <typename Body>
    void for_rows(Operation operation, std::size_t macs_per_row, const Body& body) const {
      threads.loops.for_row_pieces(rows, macs_per_row, [&](std::size_t begin, std::size_t count, int worker) {
        const OperationTimer timer = threads.time(worker, operation);
        body(begin, count);
      });
    }

    const PassThreads& threads;
    std::size_t rows;
  };

  /// The last layer when the head reads first tokens alone: keys and values of all rows, the rest of one row
  /// a sequence that is not done.
  void run_last_layer_for_first_tokens() {
    const LayerWeights& layer = weights_.layers.back();
    drop_finished();
    const std::size_t sequences = space_.unfinished.size();
    const bool all = sequences == sequences_;
    float* first = all ? space_.outputs.data() : space_.first_states.data();
    const OperandRows first_operand = space_.first_operand.rows(first);
    for (std::size_t i = 0; i < sequences; ++i) {
      std::memcpy(first + i * hidden_size_, hidden_row(space_.starts[i]), hidden_size_ * sizeof(float));
      if (weights_.precision != Precision::f32)
        copy_row(operand_rows(space_.starts[i]), first_operand.from(i));
    }
    attention_.project_for_first_tokens(layer, first_operand, operand_rows(0), rows_);
    attention_.attend_heads(layer, true);
    finish_layer(layer, first, {}, sequences, layers_);
    for (std::size_t i = 0; !all && i < sequences; ++i)
      store_output(space_.unfinished[i], first + i * hidden_size_);
  }

  /// Leaves in `starts` only sequences that have rows, whose numbers it notes.
  void drop_finished() {
    space_.unfinished.clear();
    for (std::size_t i = 0; i < sequences_; ++i) {
      const std::uint32_t begin = space_.starts[i];
      if (begin == space_.starts[i + 1]) continue;
      space_.starts[space_.unfinished.size()] = begin;
      space_.unfinished.push_back(static_cast<std::uint32_t>(i));
    }
    space_.starts[space_.unfinished.size()] = static_cast<std::uint32_t>(rows_);
    space_.starts.resize(space_.unfinished.size() + 1);
  }

  const ModelSpec& spec_;
  const EncoderWeights& weights_;
  const RaggedBatch& batch_;
  const PassOptions& pass_;
  double threshold_;  ///< of sequences whose batch says nothing else
  const OutputStates outputs_;
  const bool predicts_;
  const PassThreads threads_;
  Workspace& space_;
  const LayerAttention attention_;
  const std::size_t hidden_size_, embedding_size_, feed_forward_, layers_, sequences_;
  const bool protects_first_;
  const bool texts_exit_;  ///< when position 0 leaves: nothing else of them is read
  std::size_t rows_;
  EncoderResult result_;
};

}  // namespace

EncoderResult encode(const ModelSpec& spec, const EncoderWeights& weights, const RaggedBatch& batch,
                     const EncoderOptions& options, const ThreadPool& pool, Workspace& workspace) {
  const SingleThreadedOpenMp single_threaded;
  return ForwardPass(spec, weights, batch, options, pool, workspace).run();
}

}  // namespace transkimmer
