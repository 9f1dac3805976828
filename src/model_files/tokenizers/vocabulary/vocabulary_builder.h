#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace transkimmer {

/// The words a model directory uses for its special tokens; an empty one is not named there.
struct SpecialTokenNames {
  std::string pad;
  std::string unknown;
  std::string begin;
  std::string separator;
  std::string mask;
  std::string bos;  ///< of no part in what we compute, but found in texts
  std::string eos;

  static SpecialTokenNames bert();
  static SpecialTokenNames roberta();
  /// This, with the names of `preferred` where it has some.
  SpecialTokenNames overridden_by(const SpecialTokenNames& preferred) const;
};

/// Collects tokens and ids from a file and checks them. Nothing is allocated by the size of an id.
class VocabularyBuilder {
 public:
  /// `origin` is the file that messages name; ids must be less than `limit` (vocab_size of config.json).
  VocabularyBuilder(std::string origin, std::int64_t limit) : origin_(std::move(origin)), limit_(limit) {}

  /// Throws FormatError, starting with `where` ("vocab.txt:7"), for an id out of range and for a token or an
  /// id that is there already.
  void add(std::string token, std::int64_t id, const std::string& where);
  /// A token that is there already moves to this id, as transformers has it; its old id then has none.
  /// Returns the old id, or -1. Throws FormatError for an id out of range.
  std::int32_t add_or_move(const std::string& token, std::int64_t id, const std::string& where);
  /// An added token: its id where it is there already, else the one that follows the last. So Hugging Face's
  /// tokenizers number them, whatever id a file says. Throws FormatError when vocab_size leaves none.
  std::int32_t add_behind(const std::string& token, const std::string& where);
  /// The id that the next added token takes, or -1 when vocab_size leaves none.
  std::int64_t next_id() const;
  /// Of the ids, those that tokens have moved away from included.
  std::size_t size() const { return ids_.size() + left_.size(); }
  /// The id of a token, or -1.
  std::int32_t find(std::string_view token) const;
  /// The same; throws FormatError, with what the token is for, when there is none.
  std::int32_t required(const std::string& token, std::string_view part) const;
  /// The tokens by id, "" where one has moved away. Throws FormatError when another id below the largest has
  /// no token. Leaves the builder empty.
  Vocabulary take();
  const std::string& origin() const { return origin_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::string origin_;
  std::int64_t limit_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::vector<std::int32_t> left_;  // the ids that tokens have moved away from
  std::int32_t largest_ = -1;       // id
  std::size_t behind_ = 0;          // how many of them are added tokens
};

}  // namespace transkimmer
