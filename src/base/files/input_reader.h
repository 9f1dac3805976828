#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace transkimmer {

/// Reads a file, or standard input as it arrives, in pieces. Movable, closed on destruction.
class InputReader {
 public:
  /// Throws IoError naming the path.
  explicit InputReader(const std::filesystem::path& path);
  /// Standard input, which stays open.
  static InputReader standard_input();
  InputReader(InputReader&& other) noexcept;
  InputReader& operator=(InputReader&& other) noexcept;
  ~InputReader();

  /// Appends the next bytes, at most `max_bytes`, to `out`, waiting for some if need be; returns how many, 0
  /// at the end. Throws IoError naming the path.
  std::size_t append_to(std::string& out, std::size_t max_bytes);
  /// Whether append_to would return at once: false when it would wait for a person or a slow program.
  bool ready() const;

 private:
  InputReader(std::string name, int descriptor);

  std::string name_;  ///< for messages
  int descriptor_ = -1;
};

}  // namespace transkimmer
