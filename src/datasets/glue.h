#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "datasets/tasks.h"

namespace transkimmer {

/// Whether `task` is read from GLUE's TSV files.
bool is_glue_task(const Task& task);

/// The file of a split below `directory` (SST-2/train.tsv, MNLI/dev_matched.tsv, ...). Throws IoError.
std::filesystem::path find_glue_file(const Task& task, const std::filesystem::path& directory, Split split);

/// Reads the text of one such file; `origin` is its name for messages. A test split without the label column
/// is unlabelled. The official QQP files have a few rows cut short by a lost tab; as elsewhere in the field
/// those are passed over and listed in Dataset::skipped_rows; in every other task they are an error. Throws
/// FormatError.
Dataset parse_glue(const Task& task, std::string_view text, Split split, const std::string& origin);

}  // namespace transkimmer
