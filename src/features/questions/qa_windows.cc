#include "features/questions/qa_windows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/machine/parallel.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Tokens of a context, first and one past the last.
struct PieceRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The tokens that the answer overlaps; empty when it has none (a vocabulary may drop its characters).
PieceRange pieces_of_answer(std::span<const ByteRange> offsets, const QaAnswer& answer) {
  const std::size_t answer_end = answer.begin + answer.text.size();
  const auto first =
      std::find_if(offsets.begin(), offsets.end(), [&](ByteRange piece) { return piece.end > answer.begin; });
  const auto last = std::find_if(offsets.rbegin(), offsets.rend(),
                                 [&](ByteRange piece) { return piece.begin < answer_end; });
  const auto begin = static_cast<std::size_t>(first - offsets.begin());
  const auto end = static_cast<std::size_t>(last.base() - offsets.begin());
  return begin < end ? PieceRange{begin, end} : PieceRange{};
}

/// The windows of one question.
struct QuestionWindows {
  std::vector<Encoding> encodings;
  std::vector<QaWindow> windows;
  bool truncated = false;
};

class WindowMaker {
 public:
  WindowMaker(const Tokenizer& tokenizer, const QaWindowOptions& options)
      : tokenizer_(tokenizer),
        options_(options),
        special_(tokenizer.input_rules().layout.special_tokens(true)),
        longest_question_(longest_question(options, special_)) {}

  QuestionWindows make(std::string_view question, std::span<const Piece> context) const {
    QuestionWindows made;
    std::vector<Piece> pieces =
        tokenizer_.first_pieces(question.substr(leading_white_space(question)), longest_question_ + 1);
    made.truncated = pieces.size() > longest_question_;
    if (made.truncated) pieces.resize(longest_question_);
    const std::size_t room = options_.max_length - special_ - pieces.size();
    for (std::size_t first = 0;; first += room - options_.doc_stride) {
      const std::size_t count = std::min(room, context.size() - first);
      add(pieces, context.subspan(first, count), first, made);
      if (first + count == context.size()) return made;
    }
  }

 private:
  static constexpr EncodeOptions kWhole = {.max_length = 0, .truncation = Truncation::none};

  void add(const std::vector<Piece>& question, std::span<const Piece> context, std::size_t first_piece,
           QuestionWindows& made) const {
    made.encodings.push_back(
        tokenizer_.assemble(question, std::vector<Piece>(context.begin(), context.end()), kWhole));
    QaWindow& window = made.windows.emplace_back();
    window.first_piece = static_cast<std::uint32_t>(first_piece);
    std::uint32_t token = 0;
    for (const LayoutPart& part : tokenizer_.input_rules().layout.pair) {
      const std::uint32_t begin = token;
      if (part.segment == Segment::special) {
        ++token;
      } else if (part.segment == Segment::first) {
        token += static_cast<std::uint32_t>(question.size());
        window.question_begin = begin;
        window.question_end = token;
      } else {
        token += static_cast<std::uint32_t>(context.size());
        window.context_begin = begin;
        window.context_end = token;
      }
    }
  }

  const Tokenizer& tokenizer_;
  QaWindowOptions options_;
  std::size_t special_;
  std::size_t longest_question_;
};

void point_to_answer(const PieceRange& answer, QaWindow& window) {
  if (answer.begin == answer.end || answer.begin < window.first_piece ||
      answer.end > window.first_piece + window.context_tokens())
    return;
  const std::size_t shift = window.context_begin;
  window.start = static_cast<std::uint32_t>(answer.begin - window.first_piece + shift);
  window.end = static_cast<std::uint32_t>(answer.end - 1 - window.first_piece + shift);
}

void append(const QuestionWindows& made, QaFeatures& features) {
  for (const Encoding& encoding : made.encodings) {
    EncodedDataset& tokens = features.tokens;
    tokens.ids.insert(tokens.ids.end(), encoding.ids.begin(), encoding.ids.end());
    tokens.type_ids.insert(tokens.type_ids.end(), encoding.type_ids.begin(), encoding.type_ids.end());
    tokens.starts.push_back(tokens.ids.size());
    tokens.labels.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  for (const QaWindow& window : made.windows) features.tokens.question_ends.push_back(window.question_end);
  features.windows.insert(features.windows.end(), made.windows.begin(), made.windows.end());
  features.first_window.push_back(features.windows.size());
  features.question_truncated.push_back(made.truncated);
}

double context_around(const QaWindow& window, std::size_t piece) {
  const std::size_t before = piece - window.first_piece;
  const std::size_t after = window.context_tokens() - 1 - before;
  return static_cast<double>(std::min(before, after)) + 0.01 * static_cast<double>(window.context_tokens());
}

}  // namespace

std::optional<ByteRange> QaFeatures::context_range(const QaWindow& window, std::size_t token) const {
  if (!window.is_context(token)) return std::nullopt;
  return context_offsets[context_of_example[window.example]]
                        [window.first_piece + token - window.context_begin];
}

bool QaFeatures::has_max_context(const QaWindow& window, std::size_t token) const {
  if (!window.is_context(token)) return false;
  const std::size_t piece = window.first_piece + token - window.context_begin;
  const QaWindow* best = nullptr;
  for (const QaWindow& other : windows_of(window.example)) {
    if (piece < other.first_piece || piece >= other.first_piece + other.context_tokens()) continue;
    if (best == nullptr || context_around(other, piece) > context_around(*best, piece)) best = &other;
  }
  return best != nullptr && best->first_piece == window.first_piece;
}

std::size_t longest_question(const QaWindowOptions& options, std::size_t special_tokens) {
  // One token of the question, and one by which a window advances.
  const std::size_t least = special_tokens + 2;
  if (options.max_length < least)
    throw UsageError(
        fmt::format("max_length {} is too short for a question with its context, expected at least {}",
                    options.max_length, least));
  if (options.doc_stride > options.max_length - least)
    throw UsageError(
        fmt::format("doc_stride {} leaves no room in windows of max_length {}, expected at most {}",
                    options.doc_stride, options.max_length, options.max_length - least));
  const std::size_t most = (options.max_length - special_tokens - options.doc_stride) / 2;
  return options.max_question_length == 0 ? most : std::min(options.max_question_length, most);
}

QaWindowOptions windows_of_length(std::size_t max_length) {
  const QaWindowOptions published;
  return {.max_length = max_length, .doc_stride = std::min(published.doc_stride, max_length / 3)};
}

QaFeatures make_qa_windows(const QaDataset& dataset, const Tokenizer& tokenizer,
                           const QaWindowOptions& options, unsigned threads) {
  const WindowMaker maker(tokenizer, options);
  std::vector<std::vector<Piece>> contexts(dataset.contexts.size());
  parallel_for(contexts.size(), threads,
               [&](std::size_t i) { contexts[i] = tokenizer.pieces(dataset.contexts[i]); });
  QaFeatures features;
  for (const std::vector<Piece>& pieces : contexts) {
    std::vector<ByteRange>& offsets = features.context_offsets.emplace_back();
    for (const Piece& piece : pieces) offsets.push_back(piece.offset);
  }
  std::vector<QuestionWindows> made(dataset.examples.size());
  parallel_for(made.size(), threads, [&](std::size_t i) {
    const QaExample& example = dataset.examples[i];
    made[i] = maker.make(example.question, contexts[example.context]);
    PieceRange answer;
    if (!example.answers.empty())
      answer = pieces_of_answer(features.context_offsets[example.context], example.answers.front());
    for (QaWindow& window : made[i].windows) {
      window.example = i;
      point_to_answer(answer, window);
    }
  });
  for (std::size_t i = 0; i < made.size(); ++i) {
    features.context_of_example.push_back(dataset.examples[i].context);
    append(std::exchange(made[i], {}), features);  // whose memory the next may take
  }
  return features;
}

}  // namespace transkimmer
