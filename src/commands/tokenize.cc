#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/options/text_input.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "model_files/config/model_config.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "text/tokenizer.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct TokenizeOptions {
  std::filesystem::path model;
  TextInputOptions input;
  std::size_t max_length = 0;
  bool split_special_tokens = false;
  bool json = false;
};

/// Turns byte offsets into offsets in characters (code points), which is what Hugging Face counts. Bytes that
/// are not UTF-8 count as the tokenizer reads them: one U+FFFD for each maximal invalid subsequence.
class CharacterOffsets {
 public:
  explicit CharacterOffsets(std::string_view text) : begun_(text.size() + 1) {
    std::vector<bool> is_start(text.size());
    const RepairedText repaired = repair_utf8(text);
    for (std::size_t i = 0; i < repaired.text.size(); ++i) {
      if (!is_continuation_byte(repaired.text[i])) is_start[repaired.origin[i]] = true;
    }
    for (std::size_t i = 0; i < text.size(); ++i) begun_[i + 1] = begun_[i] + (is_start[i] ? 1 : 0);
  }

  /// The characters that the bytes touch: a token may be a part of a character.
  std::pair<std::uint32_t, std::uint32_t> operator()(ByteRange range) const {
    if (range.begin == range.end) return {begun_[range.begin], begun_[range.begin]};
    return {begun_[range.begin + 1] - 1, begun_[range.end]};
  }

 private:
  std::vector<std::uint32_t> begun_;  ///< [bytes + 1]: characters that begin before this byte
};

Json as_json(const Tokenizer& tokenizer, const Encoding& encoding, const TextLine& line) {
  const CharacterOffsets first(line.text);
  const CharacterOffsets second(line.text_pair.value_or(""));
  Json tokens = Json::array();
  Json offsets = Json::array();
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    tokens.push_back(tokenizer.token(encoding.ids[i]));
    if (encoding.segments[i] == Segment::special) {
      offsets.push_back({0, 0});
      continue;
    }
    const CharacterOffsets& characters = encoding.segments[i] == Segment::first ? first : second;
    const auto [begin, end] = characters(encoding.offsets[i]);
    offsets.push_back({begin, end});
  }
  return {{"ids", encoding.ids},
          {"tokens", tokens},
          {"offsets", offsets},
          {"type_ids", encoding.type_ids},
          {"truncated", encoding.truncated}};
}

void print_plain(const Tokenizer& tokenizer, const Encoding& encoding) {
  std::string tokens;
  for (const std::int32_t id : encoding.ids) {
    if (!tokens.empty()) tokens += ' ';
    tokens += on_one_line(tokenizer.token(id));
  }
  std::cout << tokens << '\t' << fmt::format("{}", fmt::join(encoding.ids, " ")) << '\n';
}

void run_tokenize(const TokenizeOptions& options) {
  const auto config = ModelConfig::load(options.model);
  const auto tokenizer = load_tokenizer(
      options.model, config,
      {.notices = notices_on_standard_error(), .split_special_tokens = options.split_special_tokens});
  const EncodeOptions encode{
      .max_length = options.max_length,
      .truncation = options.max_length == 0 ? Truncation::none : Truncation::longest_first};
  TextLineReader lines(options.input);
  while (true) {
    if (!lines.ready()) std::cout.flush();
    const auto line = lines.next();
    if (!line) return;
    const auto encoding = line->text_pair ? tokenizer->encode_pair(line->text, *line->text_pair, encode)
                                          : tokenizer->encode(line->text, encode);
    if (options.json) {
      print_json(as_json(*tokenizer, encoding, *line));
    } else {
      print_plain(*tokenizer, encoding);
    }
  }
}

}  // namespace

void add_tokenize_command(CLI::App& app) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("tokenize",
                                         "Show the tokens of texts. Each line of input gives one line of "
                                         "output: the tokens, a tab, and their ids; with "
                                         "--json an object with ids, tokens, offsets (in characters of the "
                                         "text that the token came from), type_ids, and truncated, whether "
                                         "the input was cut.");
  add_model_option(*command, options->model);
  add_text_input_options(*command, options->input);
  command
      ->add_option("--max-length", options->max_length,
                   "Cut inputs to N tokens, special tokens included; 0: never")
      ->type_name("N")
      ->check(whole_number(0, 1 << 20))
      ->group("Input");
  add_split_option(*command, options->split_special_tokens, "Input");
  add_json_option(*command, options->json);
  command->footer("Example:\n  echo 'a charming journey' | transkimmer tokenize --model my-model");
  command->callback([options] { run_tokenize(*options); });
}

}  // namespace transkimmer
