#pragma once

#include <vector>

#include "model_files/tokenizers/tokenizer_json/component.h"
#include "text/normalization/normalizer.h"

namespace transkimmer {

/// The options of a BertNormalizer; `has_own_accents` is set where it says itself what becomes of accents,
/// which else follow the case. Throws FormatError naming the field.
BertNormalizerOptions read_bert_normalizer(const Component& normalizer, bool& has_own_accents);

/// The steps that normalizers make up, sequences taken apart. Throws FormatError naming what is unknown,
/// missing or wrong.
Normalizers read_normalizers(const std::vector<Component>& normalizers);

/// Whether one of the steps writes in lower case, or takes accents away.
bool writes_lower_case(const std::vector<Component>& normalizers);
bool takes_accents(const std::vector<Component>& normalizers);

}  // namespace transkimmer
