#include "text/normalization/normal_forms.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include <utf8proc.h>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

// Syllables of Hangul are numbered by their parts.
constexpr char32_t kFirstSyllable = 0xAC00, kSyllables = 11172;
constexpr char32_t kFirstL = 0x1100, kLs = 19;
constexpr char32_t kFirstV = 0x1161, kVs = 21;
constexpr char32_t kBeforeT = 0x11A7, kTs = 28;

bool is_syllable(char32_t c) {
  return c >= kFirstSyllable && c < kFirstSyllable + kSyllables;
}

std::optional<char32_t> composed_hangul(char32_t first, char32_t second) {
  if (first >= kFirstL && first < kFirstL + kLs && second >= kFirstV && second < kFirstV + kVs)
    return kFirstSyllable + ((first - kFirstL) * kVs + (second - kFirstV)) * kTs;
  const bool is_open = is_syllable(first) && (first - kFirstSyllable) % kTs == 0;
  if (is_open && second > kBeforeT && second < kBeforeT + kTs) return first + (second - kBeforeT);
  return std::nullopt;
}

/// What one or more characters are composed to, when that is one.
std::optional<char32_t> composed(const std::vector<char32_t>& parts) {
  std::vector<utf8proc_int32_t> buffer(parts.begin(), parts.end());
  // Stable: without what Unicode excludes from being composed.
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  const auto size =
      utf8proc_normalize_utf32(buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()), kOptions);
  if (size != 1) return std::nullopt;
  return static_cast<char32_t>(buffer.front());
}

/// The pairs of characters that are composed, without Hangul's. Of those that the tokenizers know, utf8proc
/// composes all, as what is composed stays the same from version to version of Unicode.
class Compositions {
 public:
  Compositions() {
    constexpr char32_t kEnd = 0x30000;  // behind it nothing is composed
    std::array<char32_t, 8> parts;
    for (char32_t c = 0; c < kEnd; ++c) {
      if (is_syllable(c)) continue;
      const int count = canonical_decomposition(c, parts.data());
      if (count < 2) continue;
      std::vector<char32_t> all(parts.begin(), parts.begin() + count);
      if (composed(all) != c) continue;
      all.pop_back();
      if (const auto first = composed(all)) pairs_.emplace(key(*first, parts.at(count - 1)), c);
    }
  }

  std::optional<char32_t> find(char32_t first, char32_t second) const {
    if (const auto syllable = composed_hangul(first, second)) return syllable;
    const auto found = pairs_.find(key(first, second));
    if (found == pairs_.end()) return std::nullopt;
    return found->second;
  }

 private:
  static std::uint64_t key(char32_t first, char32_t second) { return std::uint64_t{first} << 32 | second; }

  std::unordered_map<std::uint64_t, char32_t> pairs_;
};

std::optional<char32_t> composition(char32_t first, char32_t second) {
  static const Compositions compositions;
  return compositions.find(first, second);
}

/// Decomposes characters, and sorts the marks behind each by their class.
class Decomposer {
 public:
  explicit Decomposer(bool compatible) : compatible_(compatible) {}

  void add(char32_t c) {
    std::array<char32_t, kLongestDecomposition> parts;
    const int count =
        compatible_ ? compatibility_decomposition(c, parts.data()) : canonical_decomposition(c, parts.data());
    for (int i = 0; i < count; ++i) add_part({parts.at(static_cast<std::size_t>(i)), i == 0 ? 0 : 1});
  }
  std::vector<ChangedCharacter> take() {
    sort_marks();
    return std::move(done_);
  }

 private:
  void add_part(ChangedCharacter part) {
    if (combining_class(part.character) == 0) {
      sort_marks();
      first_mark_ = done_.size() + 1;
    }
    done_.push_back(part);
  }
  void sort_marks() {
    const auto begin = done_.begin() + static_cast<std::ptrdiff_t>(std::min(first_mark_, done_.size()));
    if (done_.end() - begin > 1)
      std::stable_sort(begin, done_.end(), [](const ChangedCharacter& left, const ChangedCharacter& right) {
        return combining_class(left.character) < combining_class(right.character);
      });
  }

  bool compatible_;
  std::vector<ChangedCharacter> done_;
  std::size_t first_mark_ = 0;  // behind the last character that is none
};

/// Joins each character with the marks behind it that it is composed with, and with a neighbour where nothing
/// stands between.
class Composer {
 public:
  void add(ChangedCharacter next) {
    const int own_class = combining_class(next.character);
    if (!has_base_) return begin_with(next, own_class);
    const bool is_blocked = last_class_ >= 0 && last_class_ >= own_class;
    if (!is_blocked) {
      if (const auto joined = composition(base_.character, next.character)) {
        // One of two characters goes: what was read for both is one character less than before.
        base_ = {*joined, base_.change + next.change - 1};
        return;
      }
    }
    if (own_class == 0) {
      flush();
      return begin_with(next, own_class);
    }
    marks_.push_back(next);
    last_class_ = own_class;
  }
  std::vector<ChangedCharacter> take() {
    flush();
    return std::move(done_);
  }

 private:
  void begin_with(ChangedCharacter next, int own_class) {
    if (own_class != 0) {
      done_.push_back(next);
      return;
    }
    base_ = next;
    has_base_ = true;
  }
  void flush() {
    if (has_base_) done_.push_back(base_);
    done_.insert(done_.end(), marks_.begin(), marks_.end());
    marks_.clear();
    has_base_ = false;
    last_class_ = -1;
  }

  std::vector<ChangedCharacter> done_;
  std::vector<ChangedCharacter> marks_;  // that stay behind the base
  ChangedCharacter base_;
  bool has_base_ = false;
  int last_class_ = -1;  // of the last of marks_
};

}  // namespace

std::vector<ChangedCharacter> in_normal_form(std::string_view text, NormalForm form) {
  Decomposer decomposer(form == NormalForm::nfkc || form == NormalForm::nfkd);
  for (std::size_t at = 0; at < text.size();) {
    const Codepoint c = decode_utf8(text, at);
    decomposer.add(c.value);
    at += c.length;
  }
  std::vector<ChangedCharacter> decomposed = decomposer.take();
  if (form == NormalForm::nfd || form == NormalForm::nfkd) return decomposed;
  Composer composer;
  for (const ChangedCharacter& character : decomposed) composer.add(character);
  return composer.take();
}

}  // namespace transkimmer
