#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/notice.h"
#include "datasets/tagged_sentences.h"
#include "features/encoded_dataset.h"
#include "metrics/entity_scores.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// Of a word without a token: it was cut away, or the tokenizer makes nothing of it.
inline constexpr std::uint32_t kNoToken = std::numeric_limits<std::uint32_t>::max();

/// Sentences of words as token ids. A word's first token has its label, the others have none.
struct TaggedFeatures {
  EncodedDataset tokens;  ///< with tags, where the data has labels
  /// [sentences][words]: the place of the word's first token in its sequence, or kNoToken.
  std::vector<std::vector<std::uint32_t>> first_tokens;
  std::size_t lost_words = 0;  ///< words without a token
};

/// Tokenises each word by itself (Tokenizer::encode_words), cut to `max_length` tokens, on `threads` threads
/// (0: all cores).
TaggedFeatures encode_tagged(const TaggedDataset& dataset, const Tokenizer& tokenizer, std::size_t max_length,
                             unsigned threads);

/// Says how many words have no token, which are neither learnt nor scored.
void tell_about_lost_words(const TaggedFeatures& features, const TaggedDataset& dataset,
                           std::size_t max_length, const NoticeHandler& notices);

/// The class of each token, the one with the largest of its logits [tokens, classes].
std::vector<std::int32_t> best_classes(std::span<const float> logits, std::size_t classes);

/// entity_scores of the tokens that have labels. `predicted` [sequences][tokens] are classes; `labels` names
/// them. Throws UsageError where no token has a label.
EntityScores score_tags(const EncodedDataset& tokens, std::span<const std::vector<std::int32_t>> predicted,
                        std::span<const std::string> labels);

}  // namespace transkimmer
