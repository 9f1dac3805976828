// Any bytes as a .safetensors file: either it opens and every tensor can be read, or the error is
// FormatError.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "model_files/safetensors/safetensors.h"
#include "transkimmer/error.h"

namespace {

/// A file without a disk; the reader maps it by its name under /proc.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("safetensors", MFD_CLOEXEC)) {
    if (descriptor_ < 0) std::abort();
    if (::write(descriptor_, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      std::abort();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void read_all(const transkimmer::SafetensorsFile& file) {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    bytes += tensor.data.size();
    switch (tensor.dtype) {
      case transkimmer::DType::f64:
      case transkimmer::DType::f32:
      case transkimmer::DType::f16:
      case transkimmer::DType::bf16:
        (void)transkimmer::to_floats(tensor);
        break;
      default:
        (void)transkimmer::to_integers(tensor);
    }
  }
  // No byte belongs to two tensors, so what the tensors hold is never more than the file.
  if (bytes > transkimmer::MappedFile(file.path()).bytes().size()) std::abort();
}

/// Opens `content`; whether that worked.
void open(std::string_view content) {
  const MemoryFile file(content);
  try {
    read_all(transkimmer::SafetensorsFile::open(file.path()));
  } catch (const transkimmer::FormatError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('{')) {
    // Header text, a zero byte, data: the length that every mutation would break is put in front here.
    const std::size_t end = std::min(input.find('\0'), input.size());
    std::string content(8, '\0');
    const std::uint64_t length = end;
    std::memcpy(content.data(), &length, sizeof length);
    content += input.substr(0, end);
    if (end < input.size()) content += input.substr(end + 1);
    open(content);
  } else {
    open(input);
  }
  return 0;
}
