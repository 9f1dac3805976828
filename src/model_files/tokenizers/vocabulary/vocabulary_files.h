#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/notice.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"
#include "text/byte_level_bpe/bpe_merges.h"

namespace transkimmer {

/// The content of `vocab.txt`: one token per line, its id the number of the line from 0. A token that is
/// there twice has the later id, as in transformers, and a notice says so. Throws FormatError `origin:line:
/// ...` for a token that is not UTF-8 or empty.
void read_vocab_txt(std::string_view content, VocabularyBuilder& vocabulary,
                    const NoticeHandler& notices = {});

/// The content of `vocab.json`: an object of token -> id. Throws FormatError naming the origin and the token.
void read_vocab_json(std::string_view content, VocabularyBuilder& vocabulary);

/// What merges are looked up in.
struct MergeContext {
  const VocabularyBuilder& vocabulary;
  std::size_t dropped = 0;  ///< bytes at the beginning of the right token that the result lacks
  std::string where;        ///< what messages start with
};
/// The merge of two tokens that stand in the vocabulary. Throws FormatError.
BpeMerge resolve_merge(std::string_view left, std::string_view right, const MergeContext& context);
/// The same for "left right". Throws FormatError when the text is not two tokens with one blank between.
BpeMerge resolve_merge(std::string_view pair, const MergeContext& context);

/// The content of `merges.txt`: lines "left right" in order of rank, perhaps after a line "#version: ...".
/// Throws FormatError `origin:line: ...`.
std::vector<BpeMerge> read_merges_txt(std::string_view content, const std::string& origin,
                                      const VocabularyBuilder& vocabulary);

}  // namespace transkimmer
