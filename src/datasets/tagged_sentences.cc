#include "datasets/tagged_sentences.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/line_reader.h"
#include "datasets/formats/location.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kDocumentStart = "-DOCSTART-";
constexpr const char* kOutside = "O";

/// Sentences before their tags have numbers: classes may only be known when the whole file is read.
struct Spelled {
  std::vector<TaggedSentence> sentences;
  std::vector<std::vector<std::string>> tags;  ///< [sentences][words]
  std::vector<std::vector<std::size_t>> lines;
  bool labelled = true;

  void begin_sentence() {
    if (!sentences.empty() && sentences.back().words.empty()) return;
    sentences.emplace_back();
    tags.emplace_back();
    lines.emplace_back();
  }
  /// Of the last sentence.
  void add_tag(std::string tag, std::size_t line) {
    tags.back().push_back(std::move(tag));
    lines.back().push_back(line);
  }
};

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t begin = line.find_first_not_of(kBlanks); begin != line.npos;
       begin = line.find_first_not_of(kBlanks, begin)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return columns;
}

/// Reads a file of columns.
class ColumnReader {
 public:
  ColumnReader(std::string_view text, const TagSource& source)
      : source_(source), origin_(source.path.string()), rest_(readable_text(text, origin_)) {}

  Spelled read() {
    const char line_end = line_end_of(rest_);
    spelled_.begin_sentence();
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find(line_end), rest_.size());
      std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_;
      read_line(line);
    }
    // What stands behind the last blank line.
    if (spelled_.sentences.back().words.empty()) {
      spelled_.sentences.pop_back();
      spelled_.tags.pop_back();
      spelled_.lines.pop_back();
    }
    spelled_.labelled = columns_ > 1;
    return std::move(spelled_);
  }

 private:
  void read_line(std::string_view line) {
    if (is_blank(line) || line.starts_with(kDocumentStart)) return spelled_.begin_sentence();
    const std::vector<std::string_view> columns = columns_of(line);
    if (columns_ == 0) begin_file(columns.size());
    if (columns.size() != columns_)
      throw FormatError(fmt::format("{}found {} column{}, expected {}, as in the lines before it",
                                    at_line(origin_, line_), columns.size(), columns.size() == 1 ? "" : "s",
                                    columns_));
    spelled_.sentences.back().words.emplace_back(columns.front());
    if (columns_ == 1) return;
    const std::size_t column = source_.tag_column == 0 ? columns_ : source_.tag_column;
    spelled_.add_tag(std::string(columns[column - 1]), line_);
  }

  void begin_file(std::size_t columns) {
    columns_ = columns;
    if (source_.tag_column > columns)
      throw FormatError(fmt::format("{}found {} column{}, but the tag is said to stand in column {}",
                                    at_line(origin_, line_), columns, columns == 1 ? "" : "s",
                                    source_.tag_column));
    if (columns == 1 && source_.labels_required)
      throw FormatError(
          fmt::format("{}found 1 column, expected a word and its tag", at_line(origin_, line_)));
  }

  const TagSource& source_;
  std::string origin_;
  std::string_view rest_;
  std::size_t line_ = 0;
  std::size_t columns_ = 0;  ///< of the first line with words; 0: not yet seen
  Spelled spelled_;
};

/// Reads sentences as Hugging Face's data sets have them.
class SentenceLines {
 public:
  SentenceLines(std::string_view text, const TagSource& source)
      : source_(source), origin_(source.path.string()), reader_(text, origin_) {}

  Spelled read() {
    bool any = source_.labels_required;
    for (json object; reader_.next(object);) {
      TaggedSentence& sentence = spelled_.sentences.emplace_back();
      for (const json& word : array_at(object, source_.tokens_key)) {
        if (!word.is_string()) fail(source_.tokens_key, "has something else than strings");
        sentence.words.push_back(word.get<std::string>());
      }
      const std::string key = tags_key(object);
      spelled_.tags.emplace_back();
      spelled_.lines.emplace_back();
      if (!object.contains(key) && !source_.labels_required) continue;
      any = true;
      read_tags(object, key, sentence.words.size());
    }
    spelled_.labelled = any;
    return std::move(spelled_);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw FormatError(fmt::format("{}{} {}", at_line(origin_, reader_.line()), in_quotes(key), what));
  }

  std::string tags_key(const json& object) const {
    if (!source_.tags_key.empty()) return source_.tags_key;
    for (const char* const key : {"ner_tags", "tags", "labels"})
      if (object.contains(key)) return key;
    return "ner_tags";
  }

  const json& array_at(const json& object, const std::string& key) const {
    const json& value = reader_.value_at(object, key);
    if (!value.is_array()) fail(key, "is no array");
    return value;
  }

  void read_tags(const json& object, const std::string& key, std::size_t words) {
    const json& tags = array_at(object, key);
    if (tags.size() != words)
      fail(key, fmt::format("has {} tags, expected one for each of the {} words", tags.size(), words));
    for (const json& tag : tags) spelled_.add_tag(name_of(tag, key), reader_.line());
  }

  std::string name_of(const json& tag, const std::string& key) const {
    if (tag.is_string()) return tag.get<std::string>();
    if (!tag.is_number_integer()) fail(key, "has something else than names and numbers of tags");
    const std::vector<std::string>& names =
        source_.number_names.empty() ? source_.labels : source_.number_names;
    if (names.empty()) fail(key, "has numbers for tags, whose names --label-names has to say");
    const bool known = tag.is_number_unsigned() && tag.get<std::uint64_t>() < names.size();
    if (!known) fail(key, fmt::format("has the tag {}, expected 0 to {}", tag.dump(), names.size() - 1));
    return names[tag.get<std::size_t>()];
  }

  const TagSource& source_;
  std::string origin_;
  JsonLineReader reader_;
  Spelled spelled_;
};

std::vector<std::string> collected(const Spelled& spelled) {
  std::set<std::string> names;
  for (const auto& tags : spelled.tags) names.insert(tags.begin(), tags.end());
  std::vector<std::string> labels(names.begin(), names.end());
  std::stable_partition(labels.begin(), labels.end(),
                        [](const std::string& label) { return label == kOutside; });
  return labels;
}

/// Gives words their classes. Throws FormatError naming the line of a tag without one.
void give_classes(Spelled spelled, TaggedDataset& dataset) {
  std::map<std::string, std::int32_t, std::less<>> index;
  for (std::size_t i = 0; i < dataset.labels.size(); ++i)
    index.emplace(dataset.labels[i], static_cast<std::int32_t>(i));
  dataset.label_lines.assign(dataset.labels.size(), 0);
  for (std::size_t s = 0; s < spelled.sentences.size(); ++s) {
    for (std::size_t w = 0; w < spelled.tags[s].size(); ++w) {
      const auto found = index.find(spelled.tags[s][w]);
      if (found == index.end())
        throw FormatError(fmt::format("{}tag {} is none of {}", at_line(dataset.origin, spelled.lines[s][w]),
                                      in_quotes(spelled.tags[s][w]), list_in_quotes(dataset.labels)));
      spelled.sentences[s].tags.push_back(found->second);
      std::size_t& line = dataset.label_lines[static_cast<std::size_t>(found->second)];
      if (line == 0) line = spelled.lines[s][w];
    }
  }
  dataset.examples = std::move(spelled.sentences);
}

/// Of tags that config.json could not hold, or that say nothing.
void check_tags(const Spelled& spelled, const std::string& origin) {
  for (std::size_t s = 0; s < spelled.tags.size(); ++s)
    for (std::size_t w = 0; w < spelled.tags[s].size(); ++w) {
      const std::string& tag = spelled.tags[s][w];
      if (tag.empty()) throw FormatError(at_line(origin, spelled.lines[s][w]) + "a tag is empty");
      if (!is_valid_utf8(tag))
        throw FormatError(fmt::format("{}the tag {} is not valid UTF-8", at_line(origin, spelled.lines[s][w]),
                                      in_quotes(tag)));
    }
}

}  // namespace

bool is_tagged_file(const std::filesystem::path& path) {
  static const std::set<std::string> extensions = {".conll", ".bio",   ".iob", ".iob2",
                                                   ".iobes", ".bioes", ".txt"};
  return extensions.contains(lower_case_extension(path));
}

TaggedDataset parse_tagged(std::string_view text, const TagSource& source) {
  TaggedDataset dataset{.examples = {}, .labels = source.labels, .origin = source.path.string()};
  reject_stand_in(text, dataset.origin);
  const std::string extension = lower_case_extension(source.path);
  const bool lines = extension == ".jsonl" || extension == ".json";
  Spelled spelled = lines ? SentenceLines(text, source).read() : ColumnReader(text, source).read();
  const auto has_words = [](const TaggedSentence& sentence) { return !sentence.words.empty(); };
  if (std::ranges::none_of(spelled.sentences, has_words))
    throw FormatError(dataset.origin + ": has no words");
  check_tags(spelled, dataset.origin);
  dataset.labelled = spelled.labelled;
  if (!dataset.labelled) {
    dataset.examples = std::move(spelled.sentences);
    return dataset;
  }
  if (dataset.labels.empty()) dataset.labels = collected(spelled);
  give_classes(std::move(spelled), dataset);
  return dataset;
}

TaggedDataset load_tagged(const TagSource& source) {
  return parse_tagged(read_file(source.path), source);
}

void use_labels(TaggedDataset& dataset, const std::vector<std::string>& labels) {
  std::vector<std::int32_t> index;
  std::vector<std::size_t> lines(labels.size(), 0);
  for (std::size_t i = 0; i < dataset.labels.size(); ++i) {
    const auto found = std::ranges::find(labels, dataset.labels[i]);
    if (found == labels.end())
      throw UsageError(fmt::format("{} has the tag {}, which is none of {}", dataset.origin,
                                   in_quotes(dataset.labels[i]), list_in_quotes(labels)));
    index.push_back(static_cast<std::int32_t>(found - labels.begin()));
    lines[static_cast<std::size_t>(index.back())] = dataset.label_lines[i];
  }
  for (TaggedSentence& sentence : dataset.examples)
    for (std::int32_t& tag : sentence.tags) tag = index[static_cast<std::size_t>(tag)];
  dataset.labels = labels;
  dataset.label_lines = std::move(lines);
}

bool holds_all(std::span<const std::string> all, std::span<const std::string> some) {
  return std::ranges::all_of(
      some, [&](const std::string& one) { return std::ranges::find(all, one) != all.end(); });
}

}  // namespace transkimmer
