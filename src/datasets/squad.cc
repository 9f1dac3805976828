#include "datasets/squad.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "datasets/formats/location.h"
#include "model_files/json/json.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_blank(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Codepoint c = decode_utf8(text, at);
    if (!is_whitespace(c.value)) return false;
    at += c.length;
  }
  return true;
}

/// Walks valid UTF-8 in characters: the byte where the next `count` characters end.
std::optional<std::size_t> skip_characters(std::string_view text, std::size_t from, std::uint64_t count) {
  std::size_t at = from;
  for (; count > 0; --count) {
    if (at >= text.size()) return std::nullopt;
    at += decode_utf8(text, at).length;
  }
  return at;
}

/// The place of `answer` in `context` that is nearest to byte `wanted`.
std::optional<std::size_t> nearest_place(std::string_view context, std::string_view answer,
                                         std::size_t wanted) {
  const auto distance = [wanted](std::size_t at) { return at > wanted ? at - wanted : wanted - at; };
  std::optional<std::size_t> nearest;
  for (std::size_t at = context.find(answer); at != std::string_view::npos; at = context.find(answer, at + 1))
    if (!nearest || distance(at) < distance(*nearest)) nearest = at;
  return nearest;
}

class SquadReader {
 public:
  explicit SquadReader(const std::string& origin) { dataset_.origin = origin; }

  QaDataset read(const json& document) && {
    for (const json& article : list(document, "data", "the file")) {
      article_ = fmt::format("data[{}]", articles_++);
      std::size_t number = 0;
      for (const json& paragraph : list(article, "paragraphs", article_))
        add_paragraph(paragraph, fmt::format("{}.paragraphs[{}]", article_, number++));
    }
    if (dataset_.examples.empty()) fail("the file", "has no questions");
    dataset_.labelled = labelled_.value_or(true);
    return std::move(dataset_);
  }

 private:
  [[noreturn]] void fail(const std::string& where, const std::string& what) const {
    throw FormatError(fmt::format("{}: {} {}", dataset_.origin, where, what));
  }

  const json& member(const json& object, const char* key, const std::string& where) const {
    if (!object.is_object()) fail(where, fmt::format("is {}, expected an object", shown(object)));
    const auto found = object.find(key);
    if (found == object.end()) fail(where, fmt::format("has no key '{}'", key));
    return *found;
  }
  const json& list(const json& object, const char* key, const std::string& where) const {
    const json& value = member(object, key, where);
    if (!value.is_array()) fail(where, fmt::format("has {} as '{}', expected an array", shown(value), key));
    return value;
  }
  const std::string& string(const json& object, const char* key, const std::string& where) const {
    const json& value = member(object, key, where);
    if (!value.is_string()) fail(where, fmt::format("has {} as '{}', expected a string", shown(value), key));
    return value.get_ref<const std::string&>();
  }

  void add_paragraph(const json& paragraph, const std::string& where) {
    const std::string& context = string(paragraph, "context", where);
    if (is_blank(context)) fail(where, "has an empty 'context'");
    // Answers are byte ranges of 32 bits, as a tokenizer's are.
    if (context.size() > std::numeric_limits<std::uint32_t>::max())
      fail(where, "has a 'context' of more than 4 GiB");
    dataset_.contexts.push_back(context);
    std::size_t number = 0;
    for (const json& question : list(paragraph, "qas", where))
      add_question(question, fmt::format("{}.qas[{}]", where, number++));
  }

  void add_question(const json& question, const std::string& where) {
    QaExample example;
    example.id = string(question, "id", where);
    if (!ids_.insert(example.id).second)
      fail(where, fmt::format("has the id {} of an earlier question", in_quotes(example.id)));
    const std::string named = fmt::format("question {}", in_quotes(example.id));
    example.question = string(question, "question", named);
    example.context = dataset_.contexts.size() - 1;
    read_answers(question, named, example);
    dataset_.examples.push_back(std::move(example));
  }

  void read_answers(const json& question, const std::string& named, QaExample& example) {
    const std::optional<bool> impossible = impossibility(question, named);
    const bool given = question.contains("answers") || impossible == true;
    if (labelled_.value_or(given) != given)
      fail(named, given ? "has answers, but earlier questions have none given"
                        : "has no key 'answers', but earlier questions have");
    labelled_ = given;
    if (!question.contains("answers")) return;
    for (const json& answer : list(question, "answers", named))
      example.answers.push_back(place_answer(answer, named));
    if (impossible && *impossible != example.answers.empty())
      fail(named, *impossible ? "is marked impossible, but has answers"
                              : "is not marked impossible, but has no answers");
  }

  /// Nothing in files of v1.1, which do not say.
  std::optional<bool> impossibility(const json& question, const std::string& named) const {
    const auto found = question.find("is_impossible");
    if (found == question.end()) return std::nullopt;
    if (!found->is_boolean())
      fail(named, fmt::format("has {} as 'is_impossible', expected true or false", shown(*found)));
    return found->get<bool>();
  }

  QaAnswer place_answer(const json& answer, const std::string& named) const {
    const std::string where = "an answer of " + named;
    const std::string& text = string(answer, "text", where);
    if (text.empty()) fail(where, "has an empty 'text'");
    const json& start = member(answer, "answer_start", where);
    if (!start.is_number_integer())
      fail(where, fmt::format("has {} as 'answer_start', expected a whole number", shown(start)));
    const std::string_view context = dataset_.contexts.back();
    // A negative start wraps to one beyond the end.
    const auto begin = skip_characters(context, 0, start.get<std::uint64_t>());
    if (begin && context.substr(*begin).starts_with(text)) return {text, static_cast<std::uint32_t>(*begin)};
    fail_misplaced(text, shown(start), begin.value_or(context.size()), named);
  }

  [[noreturn]] void fail_misplaced(const std::string& text, const std::string& start, std::size_t begin,
                                   const std::string& named) const {
    const std::string_view context = dataset_.contexts.back();
    const auto found = nearest_place(context, text, begin);
    fail(named,
         fmt::format("has the answer {} at character {} of its context, where {}; {}", in_quotes(text), start,
                     begin < context.size() ? in_quotes(context.substr(begin)) + " stands"
                                            : std::string("the context has ended"),
                     found ? fmt::format("it stands at character {}", characters_before(context, *found))
                           : "it stands nowhere in it"));
  }

  QaDataset dataset_;
  std::set<std::string> ids_;
  std::optional<bool> labelled_;  ///< of the questions so far
  std::string article_;
  std::size_t articles_ = 0;
};

}  // namespace

bool QaDataset::some_have_no_answer() const {
  return std::ranges::any_of(examples, [](const QaExample& example) { return example.answers.empty(); });
}

QaDataset parse_squad(std::string_view text, const std::string& origin) {
  return SquadReader(origin).read(parse_json(readable_text(text, origin), origin));
}

QaDataset load_squad(const fs::path& path) {
  return parse_squad(read_file(path), path.string());
}

fs::path find_squad_file(const fs::path& path, Split split, const Task& task) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return path;
  if (!task.has(split))
    throw UsageError(fmt::format("task {} has no split {}", in_quotes(task.name), in_quotes(name_of(split))));
  try {
    return find_data_file(path, task.folders, task.file_of(split));
  } catch (const IoError&) {
    // Those of v1.1 are read as well, where these are all there is.
    const std::string older = fmt::format("{}-v1.1.json", name_of(split));
    for (const fs::path& folder : {path, path / "squad"})
      if (task.name == "squad_v2" && fs::is_regular_file(folder / older, ignored)) return folder / older;
    throw;
  }
}

}  // namespace transkimmer
