#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "model_files/config/model_config.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// Of tokens without a label: special ones, and those that go on a word. What Hugging Face's losses ignore.
inline constexpr std::int32_t kNoTag = -100;

/// Token ids of a whole data set back to back: sequence i is tokens [starts[i], starts[i+1]).
struct EncodedDataset {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<std::uint64_t> starts = {0};
  std::vector<double> labels;  ///< one per sequence; NaN where unlabelled
  /// Of a multi-label task, [sequences, labels]: 1 for each label of the sequence's set; else empty.
  std::vector<std::uint8_t> marks;
  /// Of rankings: query q is sequences [queries[q], queries[q + 1]); else empty.
  std::vector<std::size_t> queries;
  /// One per sequence where the tokens before `end` are a question's, or the first text's of a pair, with
  /// what stands before it; empty for other data.
  std::vector<std::uint32_t> question_ends;
  std::size_t truncated = 0;  ///< sequences that are not all of their text
  /// One per token where tokens have labels: its class, or kNoTag. Empty for other data.
  std::vector<std::int32_t> tags;

  std::size_t size() const { return starts.size() - 1; }
  std::size_t length(std::size_t i) const { return starts[i + 1] - starts[i]; }
  std::span<const std::int32_t> sequence_ids(std::size_t i) const;
  std::span<const std::int32_t> sequence_type_ids(std::size_t i) const;
  /// Where tokens have labels.
  std::span<const std::int32_t> sequence_tags(std::size_t i) const;
  /// How many first tokens of the sequence `protection` keeps from being skimmed.
  std::uint32_t never_skimmed(std::size_t i, SkimProtection protection) const;
  /// A hash of ids, lengths and labels, as hexadecimal digits: whether this is the data that a run began
  /// with.
  std::string fingerprint() const;
};

/// How many first tokens of a pair reach to the end of its first text; 0 of a single text.
std::uint32_t end_of_first_text(const Encoding& encoding);

/// Tokenises on `threads` threads (0: all cores), with longest-first truncation to `max_length` tokens.
/// The result does not depend on the number of threads.
EncodedDataset encode_dataset(const Dataset& dataset, const Tokenizer& tokenizer, std::size_t max_length,
                              unsigned threads);

/// Throws UsageError naming the text of `origin` that has no tokens: it is blank, and the tokenizer puts none
/// around it.
void require_tokens(const EncodedDataset& encoded, const std::string& origin);
/// Says how many texts of `dataset` were cut to `max_length` tokens, where any were.
void tell_about_cut_texts(const EncodedDataset& encoded, const Dataset& dataset, std::size_t max_length,
                          const NoticeHandler& notices);

}  // namespace transkimmer
