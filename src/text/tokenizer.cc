#include "text/tokenizer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "text/any_bytes.h"
#include "text/unicode/blanks.h"
#include "text/unicode/unicode.h"
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

/// Keeps `count` pieces; whether some went.
bool keep(std::size_t count, TruncationSide side, std::vector<Piece>& pieces) {
  if (pieces.size() <= count) return false;
  if (side == TruncationSide::left) {
    pieces.erase(pieces.begin(), pieces.end() - static_cast<std::ptrdiff_t>(count));
  } else {
    pieces.resize(count);
  }
  return true;
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

std::vector<Piece> Tokenizer::needed_pieces(std::string_view text, const EncodeOptions& options) const {
  // What is cut at its beginning has to be known to its end.
  const bool beginning_is_enough = options.truncation != Truncation::none && options.max_length < SIZE_MAX &&
                                   rules_.truncation_side == TruncationSide::right;
  return beginning_is_enough ? first_pieces(text, options.max_length + 1) : pieces(text);
}

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return assemble(needed_pieces(text, options), std::nullopt, options);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                const EncodeOptions& options) const {
  if (options.truncation != Truncation::longest_first)
    return assemble(pieces(first), pieces(second), options);
  std::vector<Piece> of_first = needed_pieces(first, options);
  std::vector<Piece> of_second = needed_pieces(second, options);
  const bool both_may_be_longer =
      of_first.size() > options.max_length && of_second.size() > options.max_length;
  // Of an odd number of tokens, the longer text gets one more: which is it?
  if (both_may_be_longer && (options.max_length - rules_.layout.special_tokens(true)) % 2 != 0) {
    of_first = pieces(first);
    of_second = pieces(second);
  }
  return assemble(std::move(of_first), std::move(of_second), options);
}

EncodedWords Tokenizer::encode_words(std::span<const std::string> words, const EncodeOptions& options) const {
  std::vector<Piece> all;
  std::vector<std::int32_t> word_of;
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::vector<Piece> own = word_pieces(words[w]);
    all.insert(all.end(), own.begin(), own.end());
    word_of.insert(word_of.end(), own.size(), static_cast<std::int32_t>(w));
  }
  EncodedWords result{assemble(std::move(all), std::nullopt, options), {}};
  const std::vector<Segment>& segments = result.encoding.segments;
  const auto kept = static_cast<std::size_t>(std::ranges::count(segments, Segment::first));
  std::size_t next = rules_.truncation_side == TruncationSide::left ? word_of.size() - kept : 0;
  for (const Segment segment : segments)
    result.word_ids.push_back(segment == Segment::special ? -1 : word_of[next++]);
  return result;
}

Encoding Tokenizer::assemble(std::vector<Piece> first, std::optional<std::vector<Piece>> second,
                             const EncodeOptions& options) const {
  const bool is_pair = second.has_value();
  const std::size_t special = rules_.layout.special_tokens(is_pair);
  bool truncated = false;
  if (options.truncation != Truncation::none) {
    if (options.max_length < special) {
      throw UsageError("max_length " + std::to_string(options.max_length) + " leaves no room for the " +
                       std::to_string(special) + " special tokens");
    }
    const Lengths kept =
        cut({first.size(), is_pair ? second->size() : 0}, is_pair, options.max_length - special, options);
    truncated = keep(kept.first, rules_.truncation_side, first);
    if (is_pair) truncated |= keep(kept.second, rules_.truncation_side, *second);
  }
  EncodingBuilder builder(first.size() + (is_pair ? second->size() : 0) + special);
  for (const LayoutPart& part : rules_.layout.parts(is_pair)) {
    if (part.segment == Segment::special) {
      builder.add({part.id, {}}, part.type_id, Segment::special);
      continue;
    }
    for (const Piece& piece : part.segment == Segment::first ? first : *second)
      builder.add(piece, part.type_id, part.segment);
  }
  Encoding encoding = builder.take();
  encoding.truncated = truncated;
  return encoding;
}

}  // namespace transkimmer
