#include "runtime/cpu/layer_attention.h"

#include <algorithm>
#include <cstdint>

namespace transkimmer {

namespace {

std::size_t largest_head_size(const ModelSpec& spec) {
  std::int64_t largest = 0;
  for (const LayerSpec& layer : spec.layers) largest = std::max(largest, spec.head_size(layer));
  return static_cast<std::size_t>(largest);
}

}  // namespace

LayerAttention::LayerAttention(const ModelSpec& spec, const EncoderWeights& weights,
                               const PassThreads& threads, Workspace& workspace)
    : threads_(threads),
      relative_bias_(weights.relative_bias),
      space_(workspace),
      hidden_size_(static_cast<std::size_t>(spec.hidden_size)),
      largest_head_(largest_head_size(spec)),
      precision_(weights.attention_precision),
      // In bf16 the next product reads that. int8 reads neither, as its scale needs the whole row first.
      context_(weights.precision == Precision::bf16 ? Precision::bf16 : precision_) {}

void LayerAttention::reserve(std::size_t rows, std::size_t longest) const {
  const std::size_t row_bytes = hidden_size_ * operand_bytes(precision_);
  space_.query.reserve(rows * row_bytes);
  space_.key_value.reserve(rows * 2 * row_bytes);
  space_.context.reserve(rows * hidden_size_ * operand_bytes(context_));
  for (auto& own : space_.per_thread) own.attention.reserve(attention_scratch_floats(longest, largest_head_));
}

void LayerAttention::project(const LayerWeights& layer, const OperandRows& hidden, std::size_t rows) const {
  const std::size_t macs_per_row = 3 * hidden_size_ * hidden_size_;
  std::byte *const query = space_.query.data(), *const key_value = space_.key_value.data();
  if (threads_.loops.few_rows(rows)) {
    const std::size_t query_panels = layer.query.panels();
    threads_.loops.for_tasks(
        query_panels + layer.key_value.panels(), rows * macs_per_row, [&](std::size_t task, int worker) {
          const bool is_query = task < query_panels;
          const PackedLinear& linear = is_query ? layer.query : layer.key_value;
          const std::size_t panel = is_query ? task : task - query_panels;
          const OperationTimer timer =
              threads_.time(worker, Operation::query_key_value, rows * linear.panel_macs_per_row(panel));
          linear.multiply_panel(panel, hidden, rows, is_query ? query : key_value);
        });
    return;
  }
  threads_.loops.for_row_pieces(rows, macs_per_row, [&](std::size_t begin, std::size_t count, int worker) {
    const OperationTimer timer = threads_.time(worker, Operation::query_key_value, count * macs_per_row);
    const OperandRows x = hidden.from(begin);
    const std::size_t panel = PassThreads::panel_of(worker);
    layer.query.multiply(x, count, layer.query.result_row(query, begin), panel);
    layer.key_value.multiply(x, count, layer.key_value.result_row(key_value, begin), panel);
  });
}

void LayerAttention::project_for_first_tokens(const LayerWeights& layer, const OperandRows& first,
                                              const OperandRows& hidden, std::size_t rows) const {
  threads_.multiply(Operation::query_key_value, layer.query, first, sequences(), space_.query.data());
  threads_.multiply(Operation::query_key_value, layer.key_value, hidden, rows, space_.key_value.data());
}

std::size_t LayerAttention::macs(bool first_tokens) const {
  std::size_t scores = 0;
  for (std::size_t i = 0; i < sequences(); ++i) {
    const std::size_t tokens = space_.starts[i + 1] - space_.starts[i];
    scores += tokens * (first_tokens ? 1 : tokens);
  }
  return 2 * scores * hidden_size_;
}

template <typename Value>
AttentionHeadOf<Value> LayerAttention::head_of(const Task& task) const {
  const std::size_t column = task.head * task.head_size, begin = space_.starts[task.sequence];
  const std::size_t query_row = task.first_tokens ? task.sequence : begin;
  const std::size_t query_place = query_row * hidden_size_ + column;
  AttentionHeadOf<Value> result;
  result.query = reinterpret_cast<const Value*>(space_.query.data()) + query_place;
  result.query_stride = hidden_size_;
  result.key = reinterpret_cast<const Value*>(space_.key_value.data()) + begin * 2 * hidden_size_ + column;
  result.value = result.key + hidden_size_;
  result.key_value_stride = 2 * hidden_size_;
  if (context_ == Precision::bf16) {
    result.rounded_out = reinterpret_cast<Bf16*>(space_.context.data()) + query_place;
  } else {
    result.out = reinterpret_cast<float*>(space_.context.data()) + query_place;
  }
  result.out_stride = hidden_size_;
  result.tokens = space_.starts[task.sequence + 1] - begin;
  result.queries = task.first_tokens ? 1 : result.tokens;
  result.head_size = task.head_size;
  result.bias = relative_bias_.of(task.head);
  // Of tokens of one text these are as far apart as their places in it.
  result.places = space_.token_of_row.data() + begin;
  return result;
}

void LayerAttention::attend_heads(const LayerWeights& layer, bool first_tokens) const {
  const std::size_t heads = layer.heads, head_size = hidden_size_ / heads;
  const auto timed = [&](int worker, const auto& head, const auto& attend_head) {
    if (head.tokens == 0) return;  // of a text that is done
    const OperationTimer timer =
        threads_.time(worker, Operation::attention, 2 * head.queries * head.tokens * head.head_size);
    attend_head(head, threads_.own(worker).attention.data());
  };
  threads_.loops.for_tasks(sequences() * heads, macs(first_tokens), [&](std::size_t index, int worker) {
    const Task task = {index / heads, index % heads, head_size, first_tokens};
    if (precision_ == Precision::bf16) {
      timed(worker, head_of<Bf16>(task), attend_rounded);
    } else {
      timed(worker, head_of<float>(task), attend);
    }
  });
}

OperandRows LayerAttention::context_rows(std::size_t begin) const {
  return OperandRows{context_, space_.context.data(), nullptr, hidden_size_}.from(begin);
}

}  // namespace transkimmer
