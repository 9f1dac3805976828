#include "features/corpora/masking.h"

#include <string_view>

#include <fmt/format.h>

#include "base/random.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Numbers that look random, each a hash of the one before: nothing to set up per sequence.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t next() { return mix_seeds(seed_, count_++); }
  /// Uniform in [0, 1).
  double uniform() { return unit_interval(next()); }
  /// In [0, bound); bound is so far below 2^64 that the bias cannot be measured.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

/// The byte-level alphabet's blank, which begins a word's first token.
constexpr std::string_view kBlank = "\u0120";
constexpr std::string_view kContinuation = "##";

/// WordPiece marks tokens that continue a word, byte-level BPE those that begin one. Which of them a
/// vocabulary does is told by the marks that it has.
bool marks_beginnings(const Tokenizer& tokenizer) {
  for (std::size_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    const std::string_view token = tokenizer.token(static_cast<std::int32_t>(id));
    if (token.starts_with(kContinuation) && token.size() > kContinuation.size()) return false;
  }
  return true;
}

void check_rule(const MaskingRule& rule) {
  if (!(rule.probability > 0 && rule.probability <= 1))
    throw UsageError(
        fmt::format("--mask-probability: expected more than 0 and at most 1, found {}", rule.probability));
  if (!(rule.mask_share >= 0 && rule.random_share >= 0 && rule.mask_share + rule.random_share <= 1))
    throw UsageError("the shares of masks and random tokens must not be negative, nor more than 1 together");
}

}  // namespace

WordMasker::WordMasker(const Tokenizer& tokenizer, const MaskingRule& rule)
    : mask_(tokenizer.special_tokens().mask), rule_(rule) {
  check_rule(rule);
  if (mask_ < 0) throw UsageError("the vocabulary has no mask token ([MASK] or <mask>)");
  const SpecialTokens& special = tokenizer.special_tokens();
  if (special.begin < 0 || special.separator < 0)
    throw UsageError("the tokenizer has no tokens that begin and end a sequence, [CLS] and [SEP] say");
  const bool beginnings_marked = marks_beginnings(tokenizer);
  for (std::size_t i = 0; i < tokenizer.vocabulary_size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    const std::string_view token = tokenizer.token(id);
    const bool is_special = id == special.pad || id == special.unknown || id == special.begin ||
                            id == special.separator || id == special.mask;
    const bool begins = beginnings_marked ? token.starts_with(kBlank) : !token.starts_with(kContinuation);
    kinds_.push_back(is_special ? Kind::special : begins ? Kind::word_begin : Kind::continuation);
    if (!is_special) ordinary_.push_back(id);
  }
  if (ordinary_.empty()) throw UsageError("the vocabulary has nothing but special tokens");
}

void WordMasker::mask(std::span<std::int32_t> ids, std::uint64_t seed,
                      std::vector<MaskedToken>& masked) const {
  struct Word {
    std::uint32_t begin, end;
  };
  thread_local std::vector<Word> words;
  words.clear();
  bool inside = false;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const Kind kind = kinds_[static_cast<std::size_t>(ids[i])];
    if (kind != Kind::special && inside && kind == Kind::continuation) {
      words.back().end = i + 1;
    } else if (kind != Kind::special) {
      words.push_back({i, i + 1});
    }
    inside = kind != Kind::special;
  }
  Draws draws(seed);
  const auto hide = [&](const Word& word) {
    for (std::uint32_t i = word.begin; i < word.end; ++i) {
      masked.push_back({i, ids[i]});
      const double what = draws.uniform();
      if (what < rule_.mask_share) {
        ids[i] = mask_;
      } else if (what < rule_.mask_share + rule_.random_share) {
        ids[i] = ordinary_[draws.below(ordinary_.size())];
      }
    }
  };
  const std::size_t before = masked.size();
  for (const Word& word : words) {
    if (draws.uniform() < rule_.probability) hide(word);
  }
  if (masked.size() == before && !words.empty()) hide(words[draws.below(words.size())]);
}

}  // namespace transkimmer
