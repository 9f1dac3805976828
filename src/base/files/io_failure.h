#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {

/// Throws the IoError "NAME: cannot ACTION: what errno says".
[[noreturn]] inline void throw_io_failure(const std::string& name, std::string_view action,
                                          int error_number) {
  throw IoError(
      fmt::format("{}: cannot {}: {}", name, action, std::generic_category().message(error_number)));
}

}  // namespace transkimmer
