#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/notice.h"
#include "base/strings/shortest_decimal.h"

namespace transkimmer {

/// Keys appear in the order they are written.
using Json = nlohmann::ordered_json;

/// JSON text on standard output, with U+FFFD for bytes that are not UTF-8 (vocabularies may hold such), and a
/// newline. `indent` -1 writes one line.
void print_json(const Json& value, int indent = -1);

/// One line on standard error: "program: error: message" or, as JSON, {"error": "message"}.
void print_error(const std::string& program, const std::string& message, bool json);

/// 1234567 as "1,234,567".
std::string with_separators(std::uint64_t number);

/// Notices become lines "note: ..." on standard error.
NoticeHandler notices_on_standard_error();

}  // namespace transkimmer
