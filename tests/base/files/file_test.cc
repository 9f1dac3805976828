#include "base/files/file.h"

#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;
using testing::StartsWith;
using testing::ThrowsMessage;

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

TEST(ReadFile, ReturnsEveryByte) {
  const TemporaryDirectory directory;
  std::string content(200'000, 'x');
  content[100'000] = '\0';
  content[5] = '\n';
  write_file_atomically(directory / "file", content);
  EXPECT_EQ(read_file(directory / "file"), content);
}

TEST(ReadFile, ReadsFilesWithoutASize) {
  EXPECT_THAT(read_file("/proc/self/status"), StartsWith("Name:"));
}

TEST(ReadFile, NamesTheMissingFile) {
  EXPECT_THAT([] { read_file("/nowhere/file"); },
              ThrowsMessage<IoError>("/nowhere/file: cannot open: No such file or directory"));
}

TEST(ReadFile, RefusesADirectory) {
  const TemporaryDirectory directory;
  EXPECT_THAT([&] { read_file(directory.path()); },
              ThrowsMessage<IoError>(directory.path().string() + ": cannot open: Is a directory"));
}

TEST(ReadFile, RefusesMoreThanTheLimit) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", "12345");
  EXPECT_EQ(read_file(directory / "file", 5), "12345");
  EXPECT_THAT([&] { read_file(directory / "file", 4); },
              ThrowsMessage<FormatError>((directory / "file").string() + ": file is larger than 4 bytes"));
}

TEST(Directories, AreMadeWithThoseAboveAndRemovedWithAllBelow) {
  const TemporaryDirectory place;
  const auto directory = place.path() / "a" / "b";
  EXPECT_TRUE(is_empty_directory(directory));
  make_directory(directory);
  make_directory(directory);
  EXPECT_TRUE(directory_exists(directory));
  EXPECT_TRUE(is_empty_directory(directory));
  write_file_atomically(directory / "file", "x");
  EXPECT_FALSE(is_empty_directory(directory));
  remove_recursively(place.path() / "a");
  remove_recursively(place.path() / "a");
  EXPECT_FALSE(path_exists(place.path() / "a"));
}

TEST(Directories, NameThePathThatCannotBeMade) {
  const TemporaryDirectory place;
  write_file_atomically(place.path() / "file", "x");
  try {
    make_directory(place.path() / "file" / "below");
    FAIL() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(),
              (place.path() / "file" / "below").string() + ": cannot create the directory: Not a directory");
  }
}

TEST(MappedFile, ShowsEveryByte) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", std::string_view("a\0b", 3));
  EXPECT_EQ(MappedFile(directory / "file").text(), std::string_view("a\0b", 3));
}

TEST(MappedFile, MapsAnEmptyFileToAnEmptySpan) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", "");
  EXPECT_TRUE(MappedFile(directory / "file").bytes().empty());
}

TEST(MappedFile, KeepsItsMemoryWhenMoved) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "one", "one");
  write_file_atomically(directory / "two", "two");
  MappedFile one(directory / "one");
  const MappedFile moved(std::move(one));
  EXPECT_EQ(moved.text(), "one");
  MappedFile assigned(directory / "two");
  assigned = MappedFile(directory / "one");
  EXPECT_EQ(assigned.text(), "one");
}

TEST(MappedFile, RefusesDirectoriesAndDevices) {
  const TemporaryDirectory directory;
  EXPECT_THAT([&] { MappedFile{directory.path()}; },
              ThrowsMessage<IoError>(directory.path().string() + ": cannot open: Is a directory"));
  EXPECT_THAT([] { MappedFile{"/dev/null"}; },
              ThrowsMessage<IoError>("/dev/null: cannot map: not a regular file"));
}

TEST(WriteFileAtomically, ReplacesTheOldContent) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", "a longer old content");
  write_file_atomically(directory / "file", "new");
  EXPECT_EQ(read_file(directory / "file"), "new");
  EXPECT_THAT(names_in(directory.path()), testing::ElementsAre("file"));
}

TEST(WriteFileAtomically, WritesBeyondOneBufferInOrder) {
  const TemporaryDirectory directory;
  std::string expected;
  write_file_atomically(directory / "file", [&](std::ostream& stream) {
    for (int i = 0; i < 50'000; ++i) {
      const std::string part = std::to_string(i) + (i % 10'000 == 0 ? std::string(100'000, '.') : ";");
      stream << part;
      expected += part;
    }
  });
  EXPECT_EQ(read_file(directory / "file"), expected);
}

TEST(WriteFileAtomically, LeavesNothingBehindWhenTheWriterThrows) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", "old");
  EXPECT_THROW(write_file_atomically(directory / "file",
                                     [](std::ostream& stream) {
                                       stream << "half";
                                       throw std::runtime_error("stop");
                                     }),
               std::runtime_error);
  EXPECT_EQ(read_file(directory / "file"), "old");
  EXPECT_THAT(names_in(directory.path()), testing::ElementsAre("file"));
}

/// Lets no file of this process grow beyond some bytes: what a full disk looks like, without one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    previous_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit = {bytes, previous_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    ::signal(SIGXFSZ, previous_handler_);
  }

 private:
  rlimit previous_ = {};
  void (*previous_handler_)(int) = nullptr;
};

TEST(WriteFileAtomically, LeavesTheOldFileWhenThereIsNoSpace) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "file", "old");
  {
    const FileSizeLimit limit(1000);
    for (const std::size_t size : {2'000U, 200'000U})
      EXPECT_THAT([&] { write_file_atomically(directory / "file", std::string(size, 'x')); },
                  ThrowsMessage<IoError>((directory / "file").string() + ": cannot write: File too large"));
  }
  EXPECT_EQ(read_file(directory / "file"), "old");
  EXPECT_THAT(names_in(directory.path()), testing::ElementsAre("file"));
}

TEST(WriteFileAtomically, KeepsSymbolicLinksAndWritesWhatTheyLeadTo) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "sub");
  std::filesystem::create_symlink("sub/second", directory / "first");
  std::filesystem::create_symlink("file", directory / "sub/second");
  for (const char* content : {"made", "replaced"}) {
    write_file_atomically(directory / "first", content);
    EXPECT_EQ(read_file(directory / "sub/file"), content);
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "first"));
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "sub/second"));
  }
  std::filesystem::create_symlink("circle", directory / "circle");
  EXPECT_THROW(write_file_atomically(directory / "circle", "x"), IoError);
}

TEST(WriteFileAtomically, WritesIntoAPipeAsItIs) {
  const TemporaryDirectory directory;
  const std::filesystem::path pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string found;
  std::thread reader([&] { found = read_file(pipe); });
  write_file_atomically(pipe, "through");
  reader.join();
  EXPECT_EQ(found, "through");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

TEST(WriteFileAtomically, NamesThePathItCannotCreate) {
  EXPECT_THAT([] { write_file_atomically("/nowhere/file", "x"); },
              ThrowsMessage<IoError>("/nowhere/file: cannot create: No such file or directory"));
}

TEST(WriteFileAtomically, CannotReplaceADirectory) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "inner");
  EXPECT_THAT([&] { write_file_atomically(directory / "inner", "x"); },
              ThrowsMessage<IoError>((directory / "inner").string() + ": cannot replace: Is a directory"));
  EXPECT_THAT(names_in(directory.path()), testing::ElementsAre("inner"));
}

TEST(WriteFileAtomically, GivesThePermissionsThatTheUmaskLeaves) {
  const TemporaryDirectory directory;
  const mode_t previous = ::umask(027);
  write_file_atomically(directory / "file", "x");
  ::umask(previous);
  struct stat status = {};
  ASSERT_EQ(::stat((directory / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

}  // namespace
}  // namespace transkimmer
