#include "text/pipeline/pipeline_tokenizer.h"

#include <algorithm>

#include "text/any_bytes.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool words_end_at_blanks(const PipelineModel& model) {
  const bool blanks_stay =
      std::ranges::all_of(model.normalizers, [](const auto& step) { return step->keeps_beginnings(); });
  const auto decides = [](const WordSplitter& splitter) { return splitter.at_blanks != AtBlanks::leaves; };
  const auto first = std::ranges::find_if(model.splitters, decides);
  return blanks_stay && first != model.splitters.end() && first->at_blanks == AtBlanks::ends_word;
}

}  // namespace

/// Memory that is kept from stretch to stretch of a text.
struct PipelineTokenizer::Scratch {
  AlignedText text;
  AlignedText spare;
  WordList words;
  WordScratch word;
  std::vector<WordToken> tokens;
};

/// The pieces so far, with offsets trimmed as the rules have it.
class PipelineTokenizer::Output {
 public:
  Output(std::string_view text, const std::vector<OffsetTrim>& trims) : text_(text), trims_(trims) {
    pieces_.reserve(text.size() / 4 + 4);
  }

  bool trims() const { return !trims_.empty(); }
  void add(std::int32_t id, ByteRange range) { pieces_.push_back({id, range}); }
  /// `spelling` is the token as it was found.
  void add(std::int32_t id, ByteRange range, std::string_view spelling) {
    if (trims()) range = trimmed(range, blank_ends(spelling), pieces_.empty(), text_, trims_);
    add(id, range);
  }
  std::vector<Piece> take() { return std::move(pieces_); }

 private:
  std::string_view text_;
  const std::vector<OffsetTrim>& trims_;
  std::vector<Piece> pieces_;
};

PipelineTokenizer::PipelineTokenizer(PipelineModel model)
    : Tokenizer(model.rules),
      model_(std::move(model)),
      in_original_(with_normalized(model_.added_tokens, false), model_.special_in_text),
      in_normalized_(normalized_tokens(), model_.special_in_text) {
  cuts_at_blanks_ = words_end_at_blanks(model_) && !in_original_.has_blanks() && !in_normalized_.has_blanks();
}

void PipelineTokenizer::normalize(AlignedText& text, AlignedText& spare) const {
  // No alphabet's forms grow as far; steps of a malicious file that double a text each would take all memory.
  constexpr std::size_t kMostGrowth = 64, kAlwaysFine = 1 << 24;
  const std::size_t most = std::max(kAlwaysFine, text.text.size() * kMostGrowth);
  for (const auto& step : model_.normalizers) {
    step->apply(text, spare);
    if (text.text.size() > most)
      throw UsageError("the normalizers of this tokenizer make a text longer than " + std::to_string(most) +
                       " bytes of it");
  }
}

std::vector<AddedToken> PipelineTokenizer::normalized_tokens() const {
  std::vector<AddedToken> tokens = with_normalized(model_.added_tokens, true);
  AlignedText text;
  AlignedText spare;
  for (AddedToken& token : tokens) {
    text.assign(token.content, 0);
    normalize(text, spare);
    token.content = text.text;
  }
  return tokens;
}

std::vector<Piece> PipelineTokenizer::pieces(std::string_view text) const {
  return tokenize_any_bytes(text, [this](std::string_view valid) { return pieces_of_valid(valid); });
}

std::vector<Piece> PipelineTokenizer::pieces_of_valid(std::string_view text) const {
  Output out(text, input_rules().offset_trims);
  Scratch scratch;
  for (const AddedTokenMatcher::Part& part : in_original_.split(text)) {
    const std::string_view stretch = text.substr(part.begin, part.end - part.begin);
    const auto begin = static_cast<std::uint32_t>(part.begin);
    if (part.id >= 0) {
      out.add(part.id, {begin, static_cast<std::uint32_t>(part.end)}, stretch);
      continue;
    }
    scratch.text.assign(stretch, begin);
    normalize(scratch.text, scratch.spare);
    check_text_size(scratch.text.text.size());
    add_stretch(scratch, out);
  }
  return out.take();
}

void PipelineTokenizer::add_stretch(Scratch& scratch, Output& out) const {
  AlignedText& text = scratch.text;
  if (in_normalized_.empty()) {
    scratch.words.assign(text, 0, text.text.size());
    return add_words(scratch, out);
  }
  const std::vector<AddedTokenMatcher::Part> parts = in_normalized_.split(text.text);
  for (const AddedTokenMatcher::Part& part : parts) {
    if (part.id >= 0) {
      out.add(part.id, text.origin_of(part.begin, part.end),
              std::string_view(text.text).substr(part.begin, part.end - part.begin));
    } else {
      scratch.words.assign(text, part.begin, part.end);
      add_words(scratch, out);
    }
  }
}

void PipelineTokenizer::add_words(Scratch& scratch, Output& out) const {
  for (const WordSplitter& splitter : model_.splitters) splitter.split(scratch.words);
  const AlignedText& text = scratch.words.text();
  check_text_size(text.text.size());
  for (const WordList::Word word : scratch.words.words()) {
    const std::string_view spelling = scratch.words.spelling(word);
    scratch.tokens.clear();
    model_.words->tokenize(spelling, scratch.word, scratch.tokens);
    for (const WordToken& found : scratch.tokens) {
      const ByteRange range = text.origin_of(word.begin + found.begin, word.begin + found.end);
      if (!out.trims()) {
        out.add(found.id, range);
      } else {
        out.add(found.id, range,
                found.as_written ? spelling.substr(found.begin, found.end - found.begin) : token(found.id));
      }
    }
  }
}

}  // namespace transkimmer
