#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "datasets/tasks.h"

namespace transkimmer {

/// Yelp: headerless CSV of label 1..5 and text. `origin` is the file's name for messages. Throws FormatError.
Dataset parse_yelp(const Task& task, std::string_view text, const std::string& origin);

/// 20 Newsgroups and IMDB as JSON lines with "text" and "label", the label by index or by name; lines without
/// a "label" make the whole split unlabelled when it is a test split. Throws FormatError.
Dataset parse_document_lines(const Task& task, std::string_view text, Split split, const std::string& origin);

/// Yelp from the files that the task names, in `directory` or one of the task's folders below it; of `dev`
/// the file of `test` where there is none, as in the published archives. Throws IoError, FormatError.
Dataset load_yelp(const Task& task, const std::filesystem::path& directory, Split split);
/// 20 Newsgroups from `{train,dev,test}.jsonl` in `directory` or its folder 20news, else from the published
/// tree there: 20news-bydate-train/GROUP/NUMBER and 20news-bydate-test, whose files are read in order of
/// their names, as ISO 8859-1, with all their headers; `dev` reads `test`, as there is no third. Throws
/// IoError, FormatError.
Dataset load_20news(const Task& task, const std::filesystem::path& directory, Split split);

/// IMDB from `{train,test}.jsonl` or from the aclImdb tree (`train/pos/*.txt`, ...), whose files are read in
/// order of their names, negative ones first. A folder that holds only the packed archive is an IoError that
/// says how to unpack.
Dataset load_imdb(const Task& task, const std::filesystem::path& directory, Split split);

}  // namespace transkimmer
