#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/tasks.h"

namespace transkimmer {

/// The text of catalogue/tasks.ini, the catalogue that comes with the program.
extern const char* const kBuiltInTasks;

/// Reads tasks from text as tasks.ini has it: a section [name] for each, with lines `key = value`; a line
/// that begins with # or ; is a comment. Throws FormatError that names `origin`, line and key: a key that is
/// not known, missing or there twice, a value that is none of those expected, a name that is there twice, no
/// task at all.
std::vector<Task> parse_tasks(std::string_view text, const std::string& origin);

/// The same of a user's file. Throws IoError, and FormatError for a task that has the name of one that comes
/// with the program, too.
std::vector<Task> load_task_file(const std::filesystem::path& file);

}  // namespace transkimmer
