#include "text/tokenizer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "text/blanks.h"
#include "text/unicode.h"
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

std::vector<Piece> Tokenizer::first_pieces(std::string_view text, std::size_t most) const {
  // Several times what words of most languages take, so that the first try is nearly always the last.
  constexpr std::size_t kBytesPerPiece = 16;
  check_text_size(text.size());
  const bool fits = most >= text.size() || kBytesPerPiece * (most + 1) >= text.size() / 2;
  for (std::size_t bytes = kBytesPerPiece * (most + 1); !fits && bytes < text.size() / 2 && cuts_at_blanks();
       bytes *= 2) {
    std::vector<Piece> found = pieces(text.substr(0, last_word_end(text, bytes)));
    if (found.size() <= most) continue;  // the last piece counts only when another follows
    found.resize(most);
    return found;
  }
  std::vector<Piece> all = pieces(text);
  all.resize(std::min(all.size(), most));
  return all;
}

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const bool whole = options.truncation == Truncation::none;
  return assemble(whole ? pieces(text) : first_pieces(text, options.max_length), std::nullopt, options);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                const EncodeOptions& options) const {
  if (options.truncation != Truncation::longest_first)
    return assemble(pieces(first), pieces(second), options);
  std::vector<Piece> of_first = first_pieces(first, options.max_length);
  std::vector<Piece> of_second = first_pieces(second, options.max_length);
  const bool both_may_be_longer =
      of_first.size() == options.max_length && of_second.size() == of_first.size();
  const std::size_t special = 2 + static_cast<std::size_t>(pair_layout().separators);
  // Of an odd number of tokens, the longer text gets one more: which is it?
  if (both_may_be_longer && (options.max_length - special) % 2 != 0) {
    of_first = pieces(first);
    of_second = pieces(second);
  }
  return assemble(std::move(of_first), std::move(of_second), options);
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
