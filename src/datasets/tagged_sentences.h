#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// A text as words, each with the class that it has.
struct TaggedSentence {
  std::vector<std::string> words;
  std::vector<std::int32_t> tags;  ///< [words]: index into the labels; empty where there are none
};

/// Sentences whose words have labels.
struct TaggedDataset {
  std::vector<TaggedSentence> examples;
  std::vector<std::string> labels;  ///< names of tags ("B-PER") by index
  bool labelled = true;
  std::string origin;  ///< the file it came from, for messages
  /// For each label the line on which it stands first; 0: it does not.
  std::vector<std::size_t> label_lines = {};
};

/// A file of words with tags: JSON lines by extension (.jsonl, .json), else columns as CoNLL has them.
struct TagSource {
  std::filesystem::path path;
  /// Of the tag in a file of columns, counted from 1; 0: the last.
  std::size_t tag_column = 0;
  std::string tokens_key = "tokens";
  std::string tags_key = {};  ///< empty: the first of ner_tags, tags and labels that there is
  /// Names in index order; empty: collected from the file, "O" first, then by name.
  std::vector<std::string> labels = {};
  /// What numbers in place of names mean; empty: `labels`.
  std::vector<std::string> number_names = {};
  bool labels_required = true;
};

/// Whether the extension is one that only files of words with tags have: .conll, .bio, .iob, .iob2, .iobes,
/// .bioes, .txt.
bool is_tagged_file(const std::filesystem::path& path);

/// Columns: a line for each word, the word in the first column, blanks or tabs between columns, as many in
/// every line; a blank line ends a sentence, and so does a line that begins with -DOCSTART-, which is passed
/// over. A file of words alone has no labels. JSON lines: a sentence a line, words under `tokens_key`, names
/// or numbers of tags under `tags_key`. Throws IoError, or FormatError naming file and line: of another
/// number of columns, of tags or words; of a tag outside `labels`, which lists them, and of a number without
/// a name.
TaggedDataset load_tagged(const TagSource& source);
/// The same with the file's text at hand; `source.path` gives the format and the name for messages.
TaggedDataset parse_tagged(std::string_view text, const TagSource& source);

/// Gives the data the classes of `labels`, which hold its own by name, each at its index. Throws UsageError
/// for one that is not there.
void use_labels(TaggedDataset& dataset, const std::vector<std::string>& labels);

/// Whether each of `some` is among `all`.
bool holds_all(std::span<const std::string> all, std::span<const std::string> some);

}  // namespace transkimmer
