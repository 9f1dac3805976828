#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "datasets/tasks.h"

namespace transkimmer {

/// Reads a split from the file that the task names, in `directory` or one of the task's folders below it
/// (SST-2/train.tsv, MNLI/dev_matched.tsv, ...); MRPC as its authors publish it, too (datasets/mrpc.h).
/// Throws IoError, FormatError.
Dataset load_glue(const Task& task, const std::filesystem::path& directory, Split split);

/// Reads the text of such a file; `origin` is its name for messages. A test split without the label column
/// is unlabelled. The official QQP files have a few rows cut short by a lost tab; as elsewhere in the field
/// those are passed over and listed in Dataset::skipped_rows; in every other task they are an error. Throws
/// FormatError.
Dataset parse_glue(const Task& task, std::string_view text, Split split, const std::string& origin);

}  // namespace transkimmer
