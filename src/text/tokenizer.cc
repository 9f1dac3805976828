#include "text/tokenizer.h"

#include <algorithm>
#include <string>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Lengths {
  std::size_t first = 0;
  std::size_t second = 0;
};

/// The shorter text stays whole while it takes no more than half of the room; otherwise each text gets a
/// half. The larger half goes to the longer text, or to the second of two equally long ones. So do Hugging
/// Face's fast tokenizers; their Python ones, which take away token by token, leave it to the first of two
/// equally long ones.
Lengths cut_longest_first(Lengths lengths, std::size_t room) {
  const std::size_t kept_of_shorter = std::min({lengths.first, lengths.second, room / 2});
  const std::size_t kept_of_longer = room - kept_of_shorter;
  if (lengths.first > lengths.second) return {kept_of_longer, kept_of_shorter};
  return {kept_of_shorter, kept_of_longer};
}

std::size_t cut_one(std::size_t length, std::size_t excess, const char* which, std::size_t max_length) {
  if (length <= excess) {
    throw UsageError(std::string("cutting only the ") + which + " text is not enough: it has " +
                     std::to_string(length) + " tokens and " + std::to_string(excess) +
                     " too many stand in max_length " + std::to_string(max_length));
  }
  return length - excess;
}

Lengths cut(Lengths lengths, bool is_pair, std::size_t room, const EncodeOptions& options) {
  const std::size_t total = lengths.first + lengths.second;
  if (total <= room) return lengths;
  if (room == 0 || !is_pair) return {room, 0};
  const std::size_t excess = total - room;
  switch (options.truncation) {
    case Truncation::only_first:
      return {cut_one(lengths.first, excess, "first", options.max_length), lengths.second};
    case Truncation::only_second:
      return {lengths.first, cut_one(lengths.second, excess, "second", options.max_length)};
    default:
      return cut_longest_first(lengths, room);
  }
}

class EncodingBuilder {
 public:
  explicit EncodingBuilder(std::size_t tokens) {
    encoding_.ids.reserve(tokens);
    encoding_.type_ids.reserve(tokens);
    encoding_.offsets.reserve(tokens);
    encoding_.segments.reserve(tokens);
  }
  void add(Piece piece, std::int32_t type_id, Segment segment) {
    encoding_.ids.push_back(piece.id);
    encoding_.type_ids.push_back(type_id);
    encoding_.offsets.push_back(piece.offset);
    encoding_.segments.push_back(segment);
  }
  void add_special(std::int32_t id, std::int32_t type_id) { add({id, {}}, type_id, Segment::special); }
  Encoding take() { return std::move(encoding_); }

 private:
  Encoding encoding_;
};

}  // namespace

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return assemble(pieces(text), std::nullopt, options);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                const EncodeOptions& options) const {
  return assemble(pieces(first), pieces(second), options);
}

Encoding Tokenizer::assemble(std::vector<Piece> first, std::optional<std::vector<Piece>> second,
                             const EncodeOptions& options) const {
  const PairLayout layout = pair_layout();
  const auto special = static_cast<std::size_t>(second ? 2 + layout.separators : 2);
  if (options.truncation != Truncation::none) {
    if (options.max_length < special) {
      throw UsageError("max_length " + std::to_string(options.max_length) + " leaves no room for the " +
                       std::to_string(special) + " special tokens");
    }
    const Lengths kept = cut({first.size(), second ? second->size() : 0}, second.has_value(),
                             options.max_length - special, options);
    first.resize(kept.first);
    if (second) second->resize(kept.second);
  }
  const SpecialTokens& tokens = special_tokens();
  EncodingBuilder builder(first.size() + (second ? second->size() : 0) + special);
  builder.add_special(tokens.begin, 0);
  for (const Piece& piece : first) builder.add(piece, 0, Segment::first);
  builder.add_special(tokens.separator, 0);
  if (second) {
    // RoBERTa's doubled separator: the second one opens the second text.
    for (int i = 1; i < layout.separators; ++i) builder.add_special(tokens.separator, 0);
    for (const Piece& piece : *second) builder.add(piece, layout.second_type_id, Segment::second);
    builder.add_special(tokens.separator, layout.second_type_id);
  }
  return builder.take();
}

}  // namespace transkimmer
