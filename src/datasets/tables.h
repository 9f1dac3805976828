#pragma once

#include <string_view>

#include "datasets/tasks.h"

namespace transkimmer {

/// What `load_table` does, with the file's text already at hand; `source.path` gives the format and the name
/// for messages. Throws as `load_table` does.
Dataset parse_table(std::string_view text, const TableSource& source);

}  // namespace transkimmer
