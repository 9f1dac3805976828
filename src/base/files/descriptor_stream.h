#pragma once

#include <array>
#include <streambuf>

namespace transkimmer {

/// A write-only stream buffer over a file descriptor that it does not own; keeps the operating system's
/// error, which std::ofstream would lose (and with it the difference between "No space left on device" and
/// "it failed").
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor);

  /// The errno of the first write that failed; 0 when none did.
  int error_number() const { return error_number_; }

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;
  int sync() override;

 private:
  bool write_all(const char* text, std::size_t count);

  int descriptor_;
  int error_number_ = 0;
  std::array<char, 1 << 16> buffer_{};
};

}  // namespace transkimmer
