#include "features/corpora/packed_blocks.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/random.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// The first and the last token of a sequence.
constexpr std::size_t kSpecialTokens = 2;

void check_shape(const BlockShape& shape, std::size_t batch_size) {
  if (batch_size == 0) throw UsageError("a batch must hold at least one sequence");
  if (shape.max_length <= kSpecialTokens)
    throw UsageError(
        fmt::format("--max-length: expected at least {}, found {}", kSpecialTokens + 1, shape.max_length));
  if (!(shape.long_fraction >= 0 && shape.long_fraction <= 1))
    throw UsageError(fmt::format("--long-block-fraction: expected 0 to 1, found {}", shape.long_fraction));
  if (shape.long_fraction > 0 && shape.long_length < shape.max_length)
    throw UsageError(fmt::format("--long-max-length: {} is less than --max-length {}", shape.long_length,
                                 shape.max_length));
}

std::vector<std::uint32_t> indices(std::size_t count) {
  if (count > UINT32_MAX) throw UsageError("more than 2^32 - 1 sequences in one pass over the text");
  std::vector<std::uint32_t> result(count);
  std::iota(result.begin(), result.end(), 0U);
  return result;
}

}  // namespace

DocumentStream::DocumentStream(const TokenFile& file, std::vector<std::uint32_t> documents,
                               std::int32_t separator)
    : file_(&file), documents_(std::move(documents)), separator_(separator) {
  std::uint64_t end = 0;
  ends_.reserve(documents_.size());
  for (const std::uint32_t document : documents_) {
    if (document >= file.documents())
      throw UsageError(fmt::format("{}: has no document {}", file.path().string(), document));
    end += file.length(document) + 1;
    ends_.push_back(end);
  }
}

void DocumentStream::copy(std::uint64_t begin, std::span<std::int32_t> out) const {
  auto place = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), begin) - ends_.begin());
  while (!out.empty()) {
    const std::uint32_t document = documents_[place];
    const std::uint64_t length = file_->length(document);
    const std::uint64_t offset = begin - (ends_[place] - length - 1);
    const std::size_t count = std::min<std::uint64_t>(out.size(), length - offset);
    file_->copy(file_->start(document) + offset, out.first(count));
    out = out.subspan(count);
    begin += count;
    if (out.empty()) break;
    out.front() = separator_;
    out = out.subspan(1);
    ++begin;
    ++place;
  }
}

BlockPlan::BlockPlan(std::uint64_t stream_size, const BlockShape& shape, std::size_t batch_size)
    : shape_((check_shape(shape, batch_size), shape)),
      batch_size_(batch_size),
      long_batch_size_(std::max<std::size_t>(
          1, batch_size * shape.max_length / std::max<std::size_t>(1, shape.long_length))) {
  const std::uint64_t long_content = shape.long_length - kSpecialTokens;
  const std::uint64_t short_content = shape.max_length - kSpecialTokens;
  if (shape.long_fraction > 0 && shape.long_length > shape.max_length) {
    const double wanted = shape.long_fraction * static_cast<double>(stream_size);
    long_blocks_ = static_cast<std::size_t>(wanted / static_cast<double>(long_content));
  }
  short_blocks_ = static_cast<std::size_t>((stream_size - long_blocks_ * long_content) / short_content);
  if (sequences() == 0) {
    throw UsageError(fmt::format("the text has {} tokens, too few for one sequence of --max-length {}",
                                 stream_size, shape.max_length));
  }
}

std::uint64_t BlockPlan::tokens() const {
  return static_cast<std::uint64_t>(short_blocks_) * shape_.max_length +
         static_cast<std::uint64_t>(long_blocks_) * shape_.long_length;
}

BlockPlan::Order BlockPlan::in_order() const {
  Order order;
  order.plan_ = this;
  order.short_blocks_ = indices(short_blocks_);
  order.long_blocks_ = indices(long_blocks_);
  order.batches_ = indices(batches());
  return order;
}

BlockPlan::Order BlockPlan::shuffled(std::uint64_t seed) const {
  Order order = in_order();
  std::mt19937_64 random(seed);
  shuffle(order.short_blocks_, random);
  shuffle(order.long_blocks_, random);
  shuffle(order.batches_, random);
  return order;
}

BlockBatch BlockPlan::Order::batch(std::size_t index) const {
  const std::size_t place = batches_.at(index);
  const bool is_short = place < plan_->short_batches();
  const BlockShape& shape = plan_->shape_;
  const auto& blocks = is_short ? short_blocks_ : long_blocks_;
  const std::size_t size = is_short ? plan_->batch_size_ : plan_->long_batch_size_;
  const std::size_t first = size * (is_short ? place : place - plan_->short_batches());
  BlockBatch batch{.length = is_short ? shape.max_length : shape.long_length, .begins = {}};
  const std::uint64_t content = batch.length - kSpecialTokens;
  const std::uint64_t base =
      is_short ? 0 : std::uint64_t{plan_->short_blocks_} * (shape.max_length - kSpecialTokens);
  for (std::size_t i = first; i < std::min(first + size, blocks.size()); ++i) {
    batch.begins.push_back(base + blocks[i] * content);
  }
  return batch;
}

}  // namespace transkimmer
