#include "training/packed/packed_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

namespace transkimmer {
namespace {

/// Rows of scores are padded to whole vectors of any machine, whose additional keys are not kept. A power of
/// two between rows would let them compete for the same lines of the cache.
std::int64_t padded(std::int64_t keys) {
  constexpr std::int64_t kVector = 16, kCollision = 128;
  const std::int64_t whole = (keys + kVector - 1) / kVector * kVector;
  return whole % kCollision == 0 ? whole + kVector : whole;
}

/// Where the ratios of each sequence begin, and their end.
std::vector<std::int64_t> ratio_offsets(const PackedAttention& attention) {
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t i = 0; i < attention.keys->batch; ++i) {
    const std::int64_t row = padded(attention.keys->tokens_of(i));
    offsets.push_back(offsets.back() + attention.heads * attention.queries->tokens_of(i) * row);
  }
  return offsets;
}

/// One head of one sequence.
class Head {
 public:
  Head(const PackedAttention& attention, std::int64_t sequence, std::int64_t head)
      : attention_(attention),
        sequence_(sequence),
        head_(head),
        size_(attention.hidden / attention.heads),
        first_query_(attention.queries->starts[sequence]),
        first_key_(attention.keys->starts[sequence]),
        queries_(attention.queries->tokens_of(sequence)),
        keys_(attention.keys->tokens_of(sequence)),
        row_(padded(keys_)) {}

  std::int64_t size() const { return size_; }
  std::int64_t queries() const { return queries_; }
  std::int64_t keys() const { return keys_; }
  /// Floats from one row of scores to the next.
  std::int64_t row() const { return row_; }
  std::int64_t first_key() const { return first_key_; }

  /// Where this head's part begins in [Q, H], and of keys and of values in [K, 2 H].
  std::int64_t in_queries() const { return first_query_ * attention_.hidden + head_ * size_; }
  std::int64_t in_keys() const { return first_key_ * key_stride() + head_ * size_; }
  std::int64_t in_values() const { return in_keys() + attention_.hidden; }
  std::int64_t query_stride() const { return attention_.hidden; }
  std::int64_t key_stride() const { return 2 * attention_.hidden; }

  /// The padded batch numbers the weights [B, heads, S, S] for dropout.
  SoftmaxRow softmax(std::int64_t query, const float* kept) const {
    const std::int64_t length = attention_.keys->length;
    const std::int64_t index = ((sequence_ * attention_.heads + head_) * length + column_of(query)) * length;
    return {.keys = static_cast<std::size_t>(row_),
            .scale = 1.0F / unscaled(),
            .kept = kept,
            .first = static_cast<std::size_t>(index),
            .dropout = attention_.dropout,
            .gradient_of_return = attention_.gradient_of_return};
  }

  /// What is given as scores are these times the square root of the head's size.
  float unscaled() const { return std::sqrt(static_cast<float>(size_)); }

  /// Calls `body(score, place in [heads, 2 S - 1] of its distance)` for all of scores [queries(), row()].
  template <class Body>
  void for_each_distance(float* scores, const Body& body) const {
    const std::int64_t length = attention_.keys->length, first_place = sequence_ * length;
    const std::int64_t* const keys = attention_.keys->places.data() + first_key_;
    for (std::int64_t i = 0; i < queries_; ++i) {
      const std::int64_t of_first = head_ * (2 * length - 1) + length - 1 - column_of(i) - first_place;
      for (std::int64_t j = 0; j < keys_; ++j) body(scores[i * row_ + j], of_first + keys[j]);
    }
  }

  /// Where this sequence's part begins in [B, heads, 2 S - 1].
  std::int64_t in_bias() const { return sequence_ * attention_.heads * (2 * attention_.keys->length - 1); }

  /// [row()]: the mask of the keys, zero for the padding of rows.
  void copy_kept(float* out) const {
    std::fill_n(out, row_, 0.0F);
    if (attention_.kept != nullptr) {
      std::copy_n(attention_.kept + first_key_, keys_, out);
    } else {
      std::fill_n(out, keys_, 1.0F);
    }
  }

  /// [size(), row()]: the transpose of this head's part of keys or values, zero for the padding of rows.
  void transpose(const float* part, float* out) const {
    for (std::int64_t d = 0; d < size_; ++d) {
      float* const line = out + d * row_;
      for (std::int64_t i = 0; i < keys_; ++i) line[i] = part[i * key_stride() + d];
      std::fill(line + keys_, line + row_, 0.0F);
    }
  }

 private:
  /// Of a query in the padded batch.
  std::int64_t column_of(std::int64_t query) const {
    return attention_.queries->places[first_query_ + query] - sequence_ * attention_.keys->length;
  }

  const PackedAttention& attention_;
  std::int64_t sequence_, head_, size_, first_query_, first_key_, queries_, keys_, row_;
};

/// What one thread needs, grown as heads ask for it.
struct Scratch {
  std::vector<float> transposed, weights, gradient, context, kept, kept_gradient;

  void fit(const Head& head) {
    const auto scores = static_cast<std::size_t>(head.queries() * head.row());
    grow(transposed, static_cast<std::size_t>(head.size() * head.row()));
    grow(weights, scores);
    grow(gradient, scores);
    grow(context, static_cast<std::size_t>(head.queries() * head.size()));
    grow(kept, static_cast<std::size_t>(head.row()));
    kept_gradient.assign(static_cast<std::size_t>(head.row()), 0.0F);
  }

 private:
  static void grow(std::vector<float>& buffer, std::size_t size) {
    if (buffer.size() < size) buffer.resize(size);
  }
};

SmallProduct product(std::int64_t rows, std::int64_t columns, std::int64_t inner) {
  return {.rows = static_cast<std::size_t>(rows),
          .columns = static_cast<std::size_t>(columns),
          .inner = static_cast<std::size_t>(inner)};
}

/// a [rows, inner] by b [inner, columns].
struct Factor {
  const float* data;
  std::int64_t row, inner = 1;
};
struct Result {
  float* data;
  std::int64_t row;
};
void multiply_into(SmallProduct shape, const Factor& a, const Factor& b, const Result& out) {
  shape.a = a.data;
  shape.a_row = static_cast<std::size_t>(a.row);
  shape.a_inner = static_cast<std::size_t>(a.inner);
  shape.b = b.data;
  shape.b_row = static_cast<std::size_t>(b.row);
  shape.out = out.data;
  shape.out_row = static_cast<std::size_t>(out.row);
  multiply_small(shape);
}

void write_context(const PackedAttention& attention, const Head& head, Scratch& scratch,
                   const OperandTarget& context) {
  const Factor weights{scratch.weights.data(), head.row()};
  const Factor values{attention.key_value + head.in_values(), head.key_stride()};
  const SmallProduct shape = product(head.queries(), head.size(), head.keys());
  if (context.rounded == nullptr)
    return multiply_into(shape, weights, values, {context.floats + head.in_queries(), head.query_stride()});
  multiply_into(shape, weights, values, {scratch.context.data(), head.size()});
  for (std::int64_t i = 0; i < head.queries(); ++i)
    round_values({scratch.context.data() + i * head.size(), static_cast<std::size_t>(head.size())},
                 context.rounded + head.in_queries() + i * head.query_stride());
}

void forward_head(const PackedAttention& attention, const Head& head, float* ratios, Scratch& scratch,
                  const OperandTarget& context) {
  head.transpose(attention.key_value + head.in_keys(), scratch.transposed.data());
  head.copy_kept(scratch.kept.data());
  multiply_into(product(head.queries(), head.row(), head.size()),
                {attention.query + head.in_queries(), head.query_stride()},
                {scratch.transposed.data(), head.row()}, {ratios, head.row()});
  if (attention.bias != nullptr)
    head.for_each_distance(ratios, [&, unscaled = head.unscaled()](float& score, std::int64_t place) {
      score += unscaled * attention.bias[place];
    });
  for (std::int64_t i = 0; i < head.queries(); ++i)
    softmax_row(head.softmax(i, scratch.kept.data()), ratios + i * head.row(),
                scratch.weights.data() + i * head.row());
  write_context(attention, head, scratch, context);
}

void backward_head(const PackedAttention& attention, const Head& head, const float* ratios,
                   const float* context, Scratch& scratch, const PackedAttentionGradients& out) {
  const std::int64_t row = head.row();
  float *const gradient = scratch.gradient.data(), *const weights = scratch.weights.data();
  float* const kept = out.kept != nullptr ? scratch.kept_gradient.data() : nullptr;
  const Factor context_rows{context + head.in_queries(), head.query_stride()};
  head.transpose(attention.key_value + head.in_values(), scratch.transposed.data());
  head.copy_kept(scratch.kept.data());
  multiply_into(product(head.queries(), row, head.size()), context_rows, {scratch.transposed.data(), row},
                {gradient, row});
  for (std::int64_t i = 0; i < head.queries(); ++i)
    softmax_row_backward(head.softmax(i, scratch.kept.data()), ratios + i * row, gradient + i * row,
                         weights + i * row, kept);
  if (out.bias != nullptr)
    head.for_each_distance(gradient,
                           [sums = out.bias + head.in_bias(), unscaled = head.unscaled()](
                               const float& flow, std::int64_t place) { sums[place] += unscaled * flow; });
  const SmallProduct to_keys = product(head.keys(), head.size(), head.queries());
  multiply_into(to_keys, {weights, 1, row}, context_rows,
                {out.key_value + head.in_values(), head.key_stride()});
  multiply_into(to_keys, {gradient, 1, row}, {attention.query + head.in_queries(), head.query_stride()},
                {out.key_value + head.in_keys(), head.key_stride()});
  multiply_into(product(head.queries(), head.size(), head.keys()), {gradient, row},
                {attention.key_value + head.in_keys(), head.key_stride()},
                {out.query + head.in_queries(), head.query_stride()});
}

/// Calls `work(head, index of the head, offset of its ratios, scratch)` for every head of every sequence, on
/// all threads.
template <class Work>
void for_each_head(const PackedAttention& attention, const Work& work) {
  const std::vector<std::int64_t> offsets = ratio_offsets(attention);
  const std::int64_t heads = attention.heads;
  at::parallel_for(0, attention.keys->batch * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    thread_local Scratch scratch;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t sequence = i / heads, number = i % heads;
      const Head head(attention, sequence, number);
      if (head.keys() == 0) continue;
      scratch.fit(head);
      work(head, number, offsets[sequence] + number * head.queries() * head.row(), scratch);
    }
  });
}

}  // namespace

std::int64_t PackedAttention::ratios() const {
  return ratio_offsets(*this).back();
}

void packed_attention(const PackedAttention& attention, float* ratios, const OperandTarget& context) {
  for_each_head(attention, [&](const Head& head, std::int64_t, std::int64_t offset, Scratch& scratch) {
    forward_head(attention, head, ratios + offset, scratch, context);
  });
}

void packed_attention_backward(const PackedAttention& attention, const float* ratios, const float* context,
                               const PackedAttentionGradients& out) {
  for_each_head(attention, [&](const Head& head, std::int64_t number, std::int64_t offset, Scratch& scratch) {
    backward_head(attention, head, ratios + offset, context, scratch, out);
    if (out.kept != nullptr)
      std::copy_n(scratch.kept_gradient.data(), head.keys(),
                  out.kept + number * attention.keys->tokens() + head.first_key());
  });
}

}  // namespace transkimmer
