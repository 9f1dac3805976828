#include "base/files/descriptor_stream.h"

#include <cerrno>

#include <unistd.h>

namespace transkimmer {

DescriptorBuffer::DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

bool DescriptorBuffer::write_all(const char* text, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, text, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (error_number_ == 0) error_number_ = errno;
      return false;
    }
    text += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

int DescriptorBuffer::sync() {
  const bool written = write_all(pbase(), static_cast<std::size_t>(pptr() - pbase()));
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return written ? 0 : -1;
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type character) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(character, traits_type::eof())) sputc(traits_type::to_char_type(character));
  return traits_type::not_eof(character);
}

std::streamsize DescriptorBuffer::xsputn(const char* text, std::streamsize count) {
  // Tensors are written in one piece: anything that does not fit the buffer goes straight to the file.
  if (count <= epptr() - pptr()) return std::streambuf::xsputn(text, count);
  if (sync() != 0 || !write_all(text, static_cast<std::size_t>(count))) return 0;
  return count;
}

}  // namespace transkimmer
