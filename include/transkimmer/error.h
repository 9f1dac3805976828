#pragma once

#include <stdexcept>
#include <string>

#define TRANSKIMMER_API __attribute__((visibility("default")))

namespace transkimmer {

/// Everything this library throws on purpose. `what()` is one sentence for a person: it names the file, line,
/// tensor or option, what was found there and what was expected.
class TRANSKIMMER_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The operating system refused: a file that is missing, unreadable, or cannot be written.
class TRANSKIMMER_API IoError : public Error {
 public:
  using Error::Error;
};

/// A file or text was read but its content is not what its format promises. Starts with `path:` or
/// `path:line:`.
class TRANSKIMMER_API FormatError : public Error {
 public:
  using Error::Error;
};

/// An argument or option has no usable value; the command line turns it into exit status 2.
class TRANSKIMMER_API UsageError : public Error {
 public:
  using Error::Error;
};

}  // namespace transkimmer
