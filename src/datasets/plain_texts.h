#pragma once

#include <filesystem>
#include <vector>

#include "datasets/tasks.h"

namespace transkimmer {

/// Texts without labels, of all files in turn: tables by their extension (.csv, .tsv, .jsonl, .json), whose
/// label column is not read, with the columns of `columns`; every other file has one text a line, blank lines
/// passed over. Throws IoError, or FormatError for a file without texts, each naming the file.
Dataset load_unlabelled(const std::vector<std::filesystem::path>& files, const TableSource& columns);

}  // namespace transkimmer
