#pragma once

#include <string_view>

namespace transkimmer {

/// Whether a name that a file gives leads to something in the same folder: one that leads elsewhere would let
/// a downloaded model read any file of this machine.
inline bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

}  // namespace transkimmer
