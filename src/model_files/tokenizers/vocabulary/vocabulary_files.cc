#include "model_files/tokenizers/vocabulary/vocabulary_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Lines without their ends (LF or CR LF); empty lines at the end of the file are not counted.
std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

void require_utf8(std::string_view line, const std::string& where) {
  if (!is_valid_utf8(line)) throw FormatError(where + ": is not valid UTF-8");
}

}  // namespace

void read_vocab_txt(std::string_view content, VocabularyBuilder& vocabulary, const NoticeHandler& notices) {
  const std::vector<std::string_view> lines = lines_of(content);
  std::size_t moved = 0;
  std::string first_moved;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = fmt::format("{}:{}", vocabulary.origin(), i + 1);
    require_utf8(lines[i], where);
    if (lines[i].empty()) throw FormatError(where + ": is empty, expected a token");
    const std::int32_t old =
        vocabulary.add_or_move(std::string(lines[i]), static_cast<std::int64_t>(i), where);
    if (old >= 0 && ++moved == 1)
      first_moved = fmt::format("token {} is on line {} and on line {}", in_quotes(lines[i]), old + 1, i + 1);
  }
  if (moved > 0)
    notify(notices, fmt::format("{}: {}{}; the later line is its id", vocabulary.origin(), first_moved,
                                moved > 1 ? fmt::format(" ({} tokens are there again)", moved) : ""));
}

void read_vocab_json(std::string_view content, VocabularyBuilder& vocabulary) {
  const nlohmann::json object = parse_json(content, vocabulary.origin());
  if (!object.is_object()) {
    throw FormatError(
        fmt::format("{}: is {}, expected an object of tokens and ids", vocabulary.origin(), shown(object)));
  }
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_integer()) {
      throw FormatError(fmt::format("{}: token {} has id {}, expected an integer", vocabulary.origin(),
                                    in_quotes(token), shown(id)));
    }
    vocabulary.add(token, id.get<std::int64_t>(), vocabulary.origin());
  }
}

BpeMerge resolve_merge(std::string_view left, std::string_view right, const MergeContext& context) {
  const auto id_of = [&](std::string_view token) {
    const std::int32_t id = context.vocabulary.find(token);
    if (id < 0)
      throw FormatError(
          fmt::format("{}: token {} of the merge is not in the vocabulary", context.where, in_quotes(token)));
    return id;
  };
  const bool has_rest = right.size() >= context.dropped &&
                        (right.size() == context.dropped || !is_continuation_byte(right[context.dropped]));
  if (!has_rest)
    throw FormatError(fmt::format("{}: token {} lacks the prefix of what continues a word", context.where,
                                  in_quotes(right)));
  return {id_of(left), id_of(right), id_of(std::string(left).append(right.substr(context.dropped)))};
}

BpeMerge resolve_merge(std::string_view pair, const MergeContext& context) {
  const std::size_t blank = pair.find(' ');
  if (blank == 0 || blank == pair.npos || blank + 1 == pair.size() ||
      pair.find(' ', blank + 1) != pair.npos) {
    throw FormatError(fmt::format("{}: merge {} is malformed, expected two tokens with one blank between",
                                  context.where, in_quotes(pair)));
  }
  return resolve_merge(pair.substr(0, blank), pair.substr(blank + 1), context);
}

std::vector<BpeMerge> read_merges_txt(std::string_view content, const std::string& origin,
                                      const VocabularyBuilder& vocabulary) {
  std::vector<BpeMerge> merges;
  const std::vector<std::string_view> lines = lines_of(content);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = fmt::format("{}:{}", origin, i + 1);
    require_utf8(lines[i], where);
    if (lines[i].starts_with("#version")) continue;
    merges.push_back(resolve_merge(lines[i], {vocabulary, 0, where}));
  }
  return merges;
}

}  // namespace transkimmer
