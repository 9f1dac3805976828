#include "text/normalization/normalizer.h"
#include "text/unicode/graphemes.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// Clusters of fewer bytes are looked up whole first.
constexpr std::size_t kLongCluster = 6;

std::size_t characters_in(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation_byte(c) ? 0 : 1;
  return count;
}

/// Collects what a text becomes, in the terms of a TextRewriter.
class MapChanges {
 public:
  explicit MapChanges(std::size_t bytes) { changes_.reserve(bytes); }

  void keep(char32_t c) { changes_.push_back({c, 0}); }

  /// The first of the new characters take the places of the old ones; what is left over is one more, or is
  /// dropped with the last. Where nothing stands before and nothing is put, nobody tells that something was
  /// dropped: offsets of all that follows begin too early then, as they do in Hugging Face's tokenizers.
  void replace(std::string_view old, std::string_view with) {
    const std::size_t before = characters_in(old);
    std::size_t put = 0;
    for (std::size_t at = 0; at < with.size(); ++put) {
      const Codepoint c = decode_utf8(with, at);
      changes_.push_back({c.value, put < before ? 0 : 1});
      at += c.length;
    }
    if (put < before && !changes_.empty()) changes_.back().change -= static_cast<int>(before - put);
    is_changed_ = true;
  }

  bool is_changed() const { return is_changed_; }
  const std::vector<ChangedCharacter>& changes() const { return changes_; }

 private:
  std::vector<ChangedCharacter> changes_;
  bool is_changed_ = false;
};

class PrecompiledNormalizer final : public Normalizer {
 public:
  explicit PrecompiledNormalizer(CharacterMap map)
      : map_(std::move(map)), may_lose_blanks_(replaces_prepended()) {}
  bool keeps_beginnings() const override { return !may_lose_blanks_; }

 private:
  /// Whether a character that forms a cluster with what follows it is a key: a blank would be lost with it.
  bool replaces_prepended() const {
    constexpr char32_t kEnd = 0x20000;  // behind it there is none
    std::string character;
    for (char32_t c = 0; c < kEnd; ++c) {
      if (grapheme_class(c) != GraphemeClass::prepend) continue;
      character.clear();
      append_utf8(c, character);
      if (map_.replacement(character)) return true;
    }
    return false;
  }

  bool rewrite(const AlignedText& text, AlignedText& to) const override {
    const std::string_view all = text.text;
    if (map_.unchanged_ascii(all) == all.size()) return false;
    MapChanges changes(all.size());
    for (std::size_t at = 0; at < all.size();) {
      // The last of a run may be the first of a cluster.
      const std::size_t run = map_.unchanged_ascii(all.substr(at));
      const std::size_t kept_end = at + (at + run < all.size() && run > 0 ? run - 1 : run);
      for (; at < kept_end; ++at) changes.keep(static_cast<unsigned char>(all[at]));
      if (at == all.size()) break;
      const std::size_t end = grapheme_end(all, at);
      add_cluster(all.substr(at, end - at), changes);
      at = end;
    }
    if (!changes.is_changed()) return false;
    TextRewriter rewriter(text, 0, all.size(), text.base, to);
    for (const ChangedCharacter& changed : changes.changes()) rewriter.put(changed);
    return true;
  }

  void add_cluster(std::string_view cluster, MapChanges& changes) const {
    if (cluster.size() < kLongCluster) {
      if (const auto with = map_.replacement(cluster)) return changes.replace(cluster, *with);
    }
    for (std::size_t at = 0; at < cluster.size();) {
      const Codepoint c = decode_utf8(cluster, at);
      const std::string_view character = cluster.substr(at, c.length);
      if (const auto with = map_.replacement(character)) {
        changes.replace(character, *with);
      } else {
        changes.keep(c.value);
      }
      at += c.length;
    }
  }

  CharacterMap map_;
  bool may_lose_blanks_;
};

}  // namespace

std::unique_ptr<const Normalizer> precompiled(CharacterMap map) {
  return std::make_unique<const PrecompiledNormalizer>(std::move(map));
}

}  // namespace transkimmer
