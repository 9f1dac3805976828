#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace transkimmer {

/// Which input a token belongs to.
enum class Segment : std::uint8_t { special, first, second };

/// A stretch of a model input: one special token, or all tokens of a text.
struct LayoutPart {
  Segment segment = Segment::special;
  std::int32_t id = -1;      ///< of the special token; of no meaning for a text
  std::int32_t type_id = 0;  ///< token_type_ids of the stretch
  bool operator==(const LayoutPart&) const = default;
};

/// One pass of leaving the blanks around tokens out of offsets.
struct OffsetTrim {
  bool keeps_prefix_space = false;  ///< a single blank before a text's first token stays in
  bool text_comes_first = true;     ///< no special token was put before the text by then
  bool operator==(const OffsetTrim&) const = default;
};

/// What stands around and between the texts of a model input, and of which type each stretch is.
struct InputLayout {
  std::vector<LayoutPart> single;  ///< of one text
  std::vector<LayoutPart> pair;    ///< of two

  /// The texts alone, one behind the other; the second is of type 1.
  static InputLayout bare();
  /// [CLS] first [SEP], and second [SEP] of type 1.
  static InputLayout bert(std::int32_t begin, std::int32_t separator);
  /// <s> first </s></s> second </s>, all of type 0.
  static InputLayout roberta(std::int32_t begin, std::int32_t separator);

  const std::vector<LayoutPart>& parts(bool is_pair) const { return is_pair ? pair : single; }
  /// How many tokens of an input belong to no text.
  std::size_t special_tokens(bool is_pair) const;
};

}  // namespace transkimmer
