#include "features/encoded_dataset.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "base/machine/parallel.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Examples that one thread takes at a time: enough to make taking cheap, few enough to share long documents
/// evenly.
constexpr std::size_t kChunk = 64;

struct EncodedChunk {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<std::size_t> lengths;
  std::vector<std::uint32_t> first_text_ends;
  std::size_t truncated = 0;
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
    chunk.first_text_ends.push_back(end_of_first_text(encoding));
    if (encoding.truncated) ++chunk.truncated;
  }
}

std::vector<EncodedChunk> encode_chunks(const Dataset& dataset, const Tokenizer& tokenizer,
                                        const EncodeOptions& options, unsigned threads) {
  const std::span<const Example> examples = dataset.examples;
  std::vector<EncodedChunk> chunks((examples.size() + kChunk - 1) / kChunk);
  parallel_for(chunks.size(), threads, [&](std::size_t i) {
    const std::size_t begin = i * kChunk;
    const std::size_t count = std::min(kChunk, examples.size() - begin);
    encode_chunk(examples.subspan(begin, count), tokenizer, options, chunks[i]);
  });
  return chunks;
}

}  // namespace

std::span<const std::int32_t> EncodedDataset::sequence_ids(std::size_t i) const {
  return std::span(ids).subspan(starts[i], length(i));
}

std::span<const std::int32_t> EncodedDataset::sequence_type_ids(std::size_t i) const {
  return std::span(type_ids).subspan(starts[i], length(i));
}

std::span<const std::int32_t> EncodedDataset::sequence_tags(std::size_t i) const {
  return std::span(tags).subspan(starts[i], length(i));
}

std::uint32_t EncodedDataset::never_skimmed(std::size_t i, SkimProtection protection) const {
  if (protection == SkimProtection::none) return 0;
  if (protection != SkimProtection::question || question_ends.empty()) return 1;
  return std::max(question_ends[i], 1U);
}

std::uint32_t end_of_first_text(const Encoding& encoding) {
  if (std::ranges::find(encoding.segments, Segment::second) == encoding.segments.end()) return 0;
  const auto last = std::find(encoding.segments.rbegin(), encoding.segments.rend(), Segment::first);
  return static_cast<std::uint32_t>(encoding.segments.rend() - last);
}

std::string EncodedDataset::fingerprint() const {
  Fnv1a hash;
  hash.add(std::span<const std::int32_t>(ids));
  hash.add(std::span<const std::uint64_t>(starts));
  hash.add(std::span<const double>(labels));
  hash.add(std::span<const std::int32_t>(tags));
  hash.add(std::span<const std::uint8_t>(marks));
  return fmt::format("{:016x}", hash.value());
}

EncodedDataset encode_dataset(const Dataset& dataset, const Tokenizer& tokenizer, std::size_t max_length,
                              unsigned threads) {
  const EncodeOptions options{.max_length = max_length, .truncation = Truncation::longest_first};
  const auto chunks = encode_chunks(dataset, tokenizer, options, threads);
  EncodedDataset encoded;
  encoded.starts.reserve(dataset.examples.size() + 1);
  encoded.labels.reserve(dataset.examples.size());
  for (const Example& example : dataset.examples) {
    encoded.labels.push_back(example.label);
    encoded.marks.insert(encoded.marks.end(), example.marks.begin(), example.marks.end());
  }
  encoded.queries = dataset.queries;
  const bool pairs =
      std::ranges::any_of(dataset.examples, [](const Example& each) { return each.text_pair.has_value(); });
  for (const EncodedChunk& chunk : chunks) {
    encoded.ids.insert(encoded.ids.end(), chunk.ids.begin(), chunk.ids.end());
    encoded.type_ids.insert(encoded.type_ids.end(), chunk.type_ids.begin(), chunk.type_ids.end());
    if (pairs)
      encoded.question_ends.insert(encoded.question_ends.end(), chunk.first_text_ends.begin(),
                                   chunk.first_text_ends.end());
    encoded.truncated += chunk.truncated;
    for (const std::size_t length : chunk.lengths) encoded.starts.push_back(encoded.starts.back() + length);
  }
  return encoded;
}

void require_tokens(const EncodedDataset& encoded, const std::string& origin) {
  for (std::size_t i = 0; i < encoded.size(); ++i)
    if (encoded.length(i) == 0)
      throw UsageError(fmt::format(
          "{}: text {} is blank, and this model's tokenizer puts no tokens around texts", origin, i + 1));
}

void tell_about_cut_texts(const EncodedDataset& encoded, const Dataset& dataset, std::size_t max_length,
                          const NoticeHandler& notices) {
  if (encoded.truncated > 0)
    notify(notices, fmt::format("{}: {} of {} texts have more than {} tokens and are cut", dataset.origin,
                                encoded.truncated, encoded.size(), max_length));
}

}  // namespace transkimmer
