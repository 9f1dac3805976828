#pragma once

#include <filesystem>
#include <optional>

#include "datasets/tasks.h"

namespace transkimmer {

/// MRPC as its sources have it: msr_paraphrase_train.txt, whose pairs that mrpc_dev_ids.tsv lists are GLUE's
/// dev split, and msr_paraphrase_test.txt, with labels; in `directory` or one of the task's folders below it.
/// Nothing where that first file is not there, or train.tsv is. Throws IoError, FormatError.
std::optional<Dataset> load_published_mrpc(const Task& task, const std::filesystem::path& directory,
                                           Split split);

}  // namespace transkimmer
