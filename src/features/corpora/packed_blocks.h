#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "features/corpora/token_file.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// Some documents of a token file, end to end, each followed by a separator.
class DocumentStream {
 public:
  /// `file` must outlive the stream. Throws UsageError for a document that the file does not have.
  DocumentStream(const TokenFile& file, std::vector<std::uint32_t> documents, std::int32_t separator);

  /// Tokens, separators included.
  std::uint64_t size() const { return ends_.empty() ? 0 : ends_.back(); }
  /// Copies tokens [begin, begin + out.size()).
  void copy(std::uint64_t begin, std::span<std::int32_t> out) const;

 private:
  const TokenFile* file_;
  std::vector<std::uint32_t> documents_;
  std::vector<std::uint64_t> ends_;  ///< of each document in the stream, its separator included
  std::int32_t separator_;
};

/// How a stream is cut into sequences. All have one of two lengths, special tokens included, so that nothing
/// is padded: most are short, which is cheap; some are long, so that the later positions of the table are
/// trained too.
struct BlockShape {
  std::size_t max_length = 128;
  std::size_t long_length = 512;
  double long_fraction = 0.125;  ///< share of the tokens that go into long sequences; 0: none
};

/// Sequences of the same length that form one micro-batch.
struct BlockBatch {
  std::size_t length = 0;             ///< of each, special tokens included
  std::vector<std::uint64_t> begins;  ///< where each takes its length - 2 tokens from the stream
};

/// The micro-batches of one pass over a stream: a function of the stream's size, the shape and the order. The
/// front of the stream makes short sequences, the rest long ones; what does not fill a sequence at the end of
/// either is left out. A batch of long sequences has about as many tokens as one of short ones.
class BlockPlan {
 public:
  /// `batch_size` is in short sequences. Throws UsageError when `shape` is out of range or the stream holds
  /// not even one short sequence.
  BlockPlan(std::uint64_t stream_size, const BlockShape& shape, std::size_t batch_size);

  std::size_t batches() const { return short_batches() + long_batches(); }
  std::size_t sequences() const { return short_blocks_ + long_blocks_; }
  /// Of all sequences of a pass, special tokens included.
  std::uint64_t tokens() const;

  /// The order of a pass that `seed` shuffles: blocks within their length, then batches.
  class Order {
   public:
    BlockBatch batch(std::size_t index) const;

   private:
    friend class BlockPlan;
    const BlockPlan* plan_ = nullptr;
    std::vector<std::uint32_t> short_blocks_, long_blocks_, batches_;
  };
  /// The plan must outlive the order.
  Order shuffled(std::uint64_t seed) const;
  /// Short blocks first, as they lie in the stream.
  Order in_order() const;

 private:
  std::size_t short_batches() const { return (short_blocks_ + batch_size_ - 1) / batch_size_; }
  std::size_t long_batches() const { return (long_blocks_ + long_batch_size_ - 1) / long_batch_size_; }

  BlockShape shape_;
  std::size_t batch_size_, long_batch_size_;
  std::size_t short_blocks_ = 0, long_blocks_ = 0;
};

}  // namespace transkimmer
