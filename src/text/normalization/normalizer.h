#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/normalization/aligned_text.h"
#include "text/normalization/character_map.h"
#include "text/normalization/normal_forms.h"
#include "text/normalization/pattern.h"
#include "text/wordpiece/bert_normalizer.h"

namespace transkimmer {

/// One change that is made to a text before it is cut into words, with what the change does to offsets.
/// Immutable.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// Changes `text`. `scratch` is memory that is kept from call to call.
  void apply(AlignedText& text, AlignedText& scratch) const;
  /// Whether the beginning of a text up to a blank (see is_blank) with something visible before it becomes
  /// what the whole text begins with, up to that blank.
  virtual bool keeps_beginnings() const { return true; }

 private:
  /// Writes all of `text` to `to`, which is empty. Returns false, having written nothing of worth, when
  /// nothing changes.
  virtual bool rewrite(const AlignedText& text, AlignedText& to) const = 0;
};

using Normalizers = std::vector<std::unique_ptr<const Normalizer>>;

// The normalizers of Hugging Face's tokenizers, by their names there.

/// NFC, NFD, NFKC and NFKD.
std::unique_ptr<const Normalizer> normal_form(NormalForm form);
/// Lower case, character by character.
std::unique_ptr<const Normalizer> lowercase();
/// Without marks.
std::unique_ptr<const Normalizer> strip_accents();
/// Without white space at the sides that are chosen.
std::unique_ptr<const Normalizer> strip(bool left, bool right);
/// Without most control characters, and with blanks for white space, as SentencePiece has it.
std::unique_ptr<const Normalizer> nmt();
/// `text`, which is not empty, before all that is not empty either.
std::unique_ptr<const Normalizer> prepend(std::string text);
/// `with` for every match of the pattern.
std::unique_ptr<const Normalizer> replace(Pattern pattern, std::string with);
/// Clusters and characters as SentencePiece's precompiled map has them.
std::unique_ptr<const Normalizer> precompiled(CharacterMap map);
/// For each byte the character that stands for it in byte-level vocabularies.
std::unique_ptr<const Normalizer> byte_level();
/// Appends the steps of a BertNormalizer: cleaning, blanks around ideographs, accents, case.
void add_bert_steps(const BertNormalizerOptions& options, Normalizers& steps);

}  // namespace transkimmer
