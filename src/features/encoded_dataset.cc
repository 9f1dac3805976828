#include "features/encoded_dataset.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace transkimmer {
namespace {

/// Examples that one thread takes at a time: enough to make taking cheap, few enough to share long documents
/// evenly.
constexpr std::size_t kChunk = 64;

struct EncodedChunk {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<std::size_t> lengths;
  std::exception_ptr failure;
};

void encode_chunk(std::span<const Example> examples, const Tokenizer& tokenizer, const EncodeOptions& options,
                  EncodedChunk& chunk) {
  for (const Example& example : examples) {
    const Encoding encoding = example.text_pair
                                  ? tokenizer.encode_pair(example.text, *example.text_pair, options)
                                  : tokenizer.encode(example.text, options);
    chunk.ids.insert(chunk.ids.end(), encoding.ids.begin(), encoding.ids.end());
    chunk.type_ids.insert(chunk.type_ids.end(), encoding.type_ids.begin(), encoding.type_ids.end());
    chunk.lengths.push_back(encoding.ids.size());
  }
}

std::vector<EncodedChunk> encode_chunks(const Dataset& dataset, const Tokenizer& tokenizer,
                                        const EncodeOptions& options, unsigned threads) {
  const std::span<const Example> examples = dataset.examples;
  std::vector<EncodedChunk> chunks((examples.size() + kChunk - 1) / kChunk);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < chunks.size(); i = next++) {
      const std::size_t begin = i * kChunk;
      try {
        encode_chunk(examples.subspan(begin, std::min(kChunk, examples.size() - begin)), tokenizer, options,
                     chunks[i]);
      } catch (...) {
        chunks[i].failure = std::current_exception();
      }
    }
  };
  if (threads == 0) threads = std::max(std::thread::hardware_concurrency(), 1U);
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, chunks.size()));
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  return chunks;
}

}  // namespace

std::span<const std::int32_t> EncodedDataset::sequence_ids(std::size_t i) const {
  return std::span(ids).subspan(starts[i], length(i));
}

std::span<const std::int32_t> EncodedDataset::sequence_type_ids(std::size_t i) const {
  return std::span(type_ids).subspan(starts[i], length(i));
}

EncodedDataset encode_dataset(const Dataset& dataset, const Tokenizer& tokenizer, std::size_t max_length,
                              unsigned threads) {
  const EncodeOptions options{.max_length = max_length, .truncation = Truncation::longest_first};
  const auto chunks = encode_chunks(dataset, tokenizer, options, threads);
  // The first failure in file order, whichever thread met one first.
  for (const EncodedChunk& chunk : chunks) {
    if (chunk.failure) std::rethrow_exception(chunk.failure);
  }
  EncodedDataset encoded;
  encoded.starts.reserve(dataset.examples.size() + 1);
  encoded.labels.reserve(dataset.examples.size());
  for (const Example& example : dataset.examples) encoded.labels.push_back(example.label);
  for (const EncodedChunk& chunk : chunks) {
    encoded.ids.insert(encoded.ids.end(), chunk.ids.begin(), chunk.ids.end());
    encoded.type_ids.insert(encoded.type_ids.end(), chunk.type_ids.begin(), chunk.type_ids.end());
    for (const std::size_t length : chunk.lengths) encoded.starts.push_back(encoded.starts.back() + length);
  }
  return encoded;
}

}  // namespace transkimmer
