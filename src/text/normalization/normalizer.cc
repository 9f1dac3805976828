#include "text/normalization/normalizer.h"

#include <array>
#include <functional>
#include <utility>

#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// Calls `take(character, bytes)` for every character.
template <class Take>
void for_each_character(std::string_view text, Take&& take) {
  for (std::size_t at = 0; at < text.size();) {
    const Codepoint c = decode_utf8(text, at);
    take(c.value, c.length);
    at += c.length;
  }
}

TextRewriter rewriter_of(const AlignedText& text, AlignedText& to) {
  return {text, 0, text.text.size(), text.base, to};
}

/// Whatever is told character by character, with no look at what stands beside it.
class CharacterNormalizer final : public Normalizer {
 public:
  /// What becomes of a character: nothing, itself or others, as many as are returned.
  static constexpr std::size_t kMost = 3;
  using Becomes = std::function<std::size_t(char32_t, std::array<char32_t, kMost>&)>;

  explicit CharacterNormalizer(Becomes becomes) : becomes_(std::move(becomes)) {
    for (char32_t c = 0; c < is_kept_.size(); ++c) {
      std::array<char32_t, kMost> parts{};
      is_kept_[c] = becomes_(c, parts) == 1 && parts[0] == c;
    }
  }

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    const std::string_view all = text.text;
    TextRewriter rewriter = rewriter_of(text, to);
    bool changes = false;
    for (std::size_t at = 0; at < all.size();) {
      std::size_t run = 0;
      while (at + run < all.size() && is_kept(all[at + run])) ++run;
      rewriter.keep(run);
      at += run;
      if (at == all.size()) break;
      const Codepoint c = decode_utf8(all, at);
      changes |= put(c.value, rewriter);
      at += c.length;
    }
    return changes;
  }

  bool is_kept(char c) const {
    const auto byte = static_cast<unsigned char>(c);
    return byte < is_kept_.size() && is_kept_[byte];
  }

  bool put(char32_t c, TextRewriter& rewriter) const {
    std::array<char32_t, kMost> parts{};
    const std::size_t count = becomes_(c, parts);
    if (count == 0) rewriter.skip(1);
    for (std::size_t i = 0; i < count; ++i) rewriter.put({parts.at(i), i == 0 ? 0 : 1});
    return count != 1 || parts[0] != c;
  }

  Becomes becomes_;
  std::array<bool, 128> is_kept_{};
};

template <class Becomes>
std::unique_ptr<const Normalizer> by_character(Becomes becomes) {
  return std::make_unique<const CharacterNormalizer>(std::move(becomes));
}

/// Without the characters that are told.
template <class IsDropped>
std::unique_ptr<const Normalizer> without(IsDropped is_dropped) {
  return by_character([=](char32_t c, auto& parts) -> std::size_t {
    parts[0] = c;
    return is_dropped(c) ? 0 : 1;
  });
}

/// With one character for each.
template <class Becomes>
std::unique_ptr<const Normalizer> with(Becomes becomes) {
  return by_character([=](char32_t c, auto& parts) -> std::size_t {
    parts[0] = becomes(c);
    return 1;
  });
}

class NormalFormNormalizer final : public Normalizer {
 public:
  explicit NormalFormNormalizer(NormalForm form) : form_(form) {}

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    if (ascii_prefix(text.text) == text.text.size()) return false;
    TextRewriter rewriter = rewriter_of(text, to);
    for (const ChangedCharacter& changed : in_normal_form(text.text, form_)) rewriter.put(changed);
    return true;
  }

  NormalForm form_;
};

class StripNormalizer final : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    const std::string_view all = text.text;
    const std::size_t begin = left_ ? leading_white_space(all) : 0;
    std::size_t end = all.size();
    while (right_ && end > begin) {
      const std::size_t last = last_character(all.substr(0, end));
      if (!is_whitespace(decode_utf8(all, last).value)) break;
      end = last;
    }
    if (begin == 0 && end == all.size()) return false;
    TextRewriter rewriter(text, begin, end, text.base, to);
    rewriter.keep(end - begin);
    return true;
  }

  bool left_;
  bool right_;
};

class PrependNormalizer final : public Normalizer {
 public:
  explicit PrependNormalizer(std::string text) : text_(std::move(text)) {}

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    if (text.text.empty()) return false;
    TextRewriter rewriter = rewriter_of(text, to);
    rewriter.put_before(text_);
    rewriter.keep_rest();
    return true;
  }

  std::string text_;
};

class ByteLevelNormalizer final : public Normalizer {
 public:
  /// It leaves no blanks.
  bool keeps_beginnings() const override { return false; }

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    TextRewriter rewriter = rewriter_of(text, to);
    for (const char byte : text.text)
      rewriter.put({byte_symbol(static_cast<unsigned char>(byte)), is_continuation_byte(byte) ? 1 : 0});
    return true;
  }
};

class ReplaceNormalizer final : public Normalizer {
 public:
  ReplaceNormalizer(Pattern pattern, std::string with)
      : pattern_(std::move(pattern)), with_(std::move(with)) {}
  /// A match may reach over any place.
  bool keeps_beginnings() const override { return false; }

 private:
  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    const std::vector<PatternPart> parts = pattern_.parts(text.text);
    if (parts.empty() || (parts.size() == 1 && !parts[0].is_match)) return false;
    TextRewriter rewriter = rewriter_of(text, to);
    for (const PatternPart& part : parts) {
      if (part.is_match) {
        rewriter.replace(part.end - part.begin, with_);
      } else {
        rewriter.keep(part.end - part.begin);
      }
    }
    return true;
  }

  Pattern pattern_;
  std::string with_;
};

}  // namespace

void Normalizer::apply(AlignedText& text, AlignedText& scratch) const {
  scratch.text.clear();
  scratch.origin.clear();
  scratch.base = text.base;
  if (rewrite(text, scratch)) std::swap(text, scratch);
}

std::unique_ptr<const Normalizer> normal_form(NormalForm form) {
  return std::make_unique<const NormalFormNormalizer>(form);
}

std::unique_ptr<const Normalizer> lowercase() {
  return by_character([](char32_t c, auto& parts) -> std::size_t {
    return static_cast<std::size_t>(lower_case(c, parts.data()));
  });
}

std::unique_ptr<const Normalizer> strip_accents() {
  return without(is_mark);
}

std::unique_ptr<const Normalizer> strip(bool left, bool right) {
  return std::make_unique<const StripNormalizer>(left, right);
}

std::unique_ptr<const Normalizer> nmt() {
  return by_character([](char32_t c, auto& parts) -> std::size_t {
    const bool is_control =
        (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
    const bool is_space = c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1680 ||
                          (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                          c == 0xFEFF || c == 0xFFFD;
    parts[0] = is_space ? U' ' : c;
    return is_control ? 0 : 1;
  });
}

std::unique_ptr<const Normalizer> prepend(std::string text) {
  return std::make_unique<const PrependNormalizer>(std::move(text));
}

std::unique_ptr<const Normalizer> byte_level() {
  return std::make_unique<const ByteLevelNormalizer>();
}

std::unique_ptr<const Normalizer> replace(Pattern pattern, std::string with) {
  return std::make_unique<const ReplaceNormalizer>(std::move(pattern), std::move(with));
}

void add_bert_steps(const BertNormalizerOptions& options, Normalizers& steps) {
  if (options.clean_text) {
    steps.push_back(without(is_removed_by_cleaning));
    steps.push_back(with([](char32_t c) { return is_whitespace(c) ? U' ' : c; }));
  }
  if (options.handle_chinese_chars)
    steps.push_back(by_character([](char32_t c, auto& parts) -> std::size_t {
      const bool is_own_word = is_cjk_ideograph(c);
      parts = {is_own_word ? U' ' : c, c, U' '};
      return is_own_word ? 3 : 1;
    }));
  if (options.strip_accents) {
    steps.push_back(normal_form(NormalForm::nfd));
    steps.push_back(without(is_nonspacing_mark));
  }
  if (options.lowercase) steps.push_back(lowercase());
}

}  // namespace transkimmer
