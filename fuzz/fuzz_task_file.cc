// Files of tasks (--task-file). A FormatError is a right answer, and so are tasks whose names and paths stay
// where they belong; a crash, a sanitizer's finding or any other exception is not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "datasets/catalogue/task_file.h"
#include "hub/names/model_name.h"
#include "transkimmer/error.h"

namespace {

using namespace transkimmer;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Task& task) {
  require(!task.name.empty() && task.name.find('/') == std::string::npos && task.name.front() != '.');
  require(!task.metrics.empty());
  require(task.labels.empty() != traits_of(task.head).classifies());
  for (const std::string& file : task.files) require(file.empty() || stays_below(file));
  for (const std::string& folder : task.folders) require(stays_below(folder));
  for (const PublishedFile& file : task.source.files) {
    require(stays_below(file.name) && file.name.find('/') == std::string::npos);
    require(!file.addresses.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    for (const Task& task : parse_tasks({reinterpret_cast<const char*>(data), size}, "my.ini")) check(task);
  } catch (const FormatError&) {
    // Malformed input, refused.
  }
  return 0;
}
