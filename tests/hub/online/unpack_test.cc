#include "hub/online/unpack.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/folder_contents.h"
#include "hub/online/archives.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Unpacked : public ::testing::TestWithParam<ArchiveKind> {
 protected:
  Unpacked() { make_directory(folder_); }

  void unpack_entries(const std::vector<ArchiveEntry>& entries, const UnpackLimits& limits = {}) {
    unpack_bytes(archive_of(GetParam(), entries), limits);
  }
  void unpack_bytes(const std::string& bytes, const UnpackLimits& limits = {}) {
    write_file_atomically(archive_, bytes);
    unpack(archive_, folder_, limits);
  }
  /// What a FormatError says that names the archive.
  std::string refusal(const std::function<void()>& unpacking) {
    try {
      unpacking();
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith(archive_.string() + ": "));
      return error.what();
    }
    return "nothing was thrown";
  }
  std::string refusal(const ArchiveEntry& bad) {
    return refusal([&] { unpack_entries({{.path = "good.txt", .content = "good"}, bad}); });
  }
  void expect_nothing_outside() const {
    for (const auto& entry : std::filesystem::directory_iterator(root_.path()))
      EXPECT_TRUE(entry.path() == folder_ || entry.path() == archive_) << entry.path();
    for (const auto& file : files_below(folder_))
      EXPECT_FALSE(std::filesystem::is_symlink(std::filesystem::symlink_status(file))) << file;
  }

  TemporaryDirectory root_;
  std::filesystem::path folder_ = root_ / "folder";
  std::filesystem::path archive_ = root_ / ("data." + ending_of(GetParam()));
};

std::string kind_name(const ::testing::TestParamInfo<ArchiveKind>& tested) {
  std::string name = ending_of(tested.param);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Archives, Unpacked,
                         ::testing::Values(ArchiveKind::zip, ArchiveKind::tar, ArchiveKind::tar_gz,
                                           ArchiveKind::tar_bz2, ArchiveKind::tar_xz),
                         kind_name);

TEST_P(Unpacked, HasTheFilesOfTheArchive) {
  const std::string large(700'000, 'x');
  unpack_entries({{.path = "SST-2/", .folder = true},
                  {.path = "SST-2/train.tsv", .content = "sentence\tlabel\n"},
                  {.path = "./other/deep/dev.tsv", .content = large},
                  {.path = "empty.txt"}});
  EXPECT_EQ(read_file(folder_ / "SST-2/train.tsv"), "sentence\tlabel\n");
  EXPECT_TRUE(read_file(folder_ / "other/deep/dev.tsv") == large);
  EXPECT_EQ(read_file(folder_ / "empty.txt"), "");
}

TEST_P(Unpacked, PassesOverWhatFileManagersLeave) {
  unpack_entries({{.path = "__MACOSX/._a.txt", .content = "x"},
                  {.path = "a/.DS_Store", .content = "x"},
                  {.path = "a/Icon\r", .content = "x"},
                  {.path = "a/._b.txt", .content = "x"},
                  {.path = "a/b.txt", .content = "b"}});
  EXPECT_EQ(files_below(folder_), std::vector{folder_ / "a/b.txt"});
}

TEST_P(Unpacked, NeverLeavesTheFolder) {
  for (const char* const path :
       {"../escaped", "a/../../escaped", "/tmp/transkimmer-escaped", "a/..", "a//../b", "..\\escaped"})
    EXPECT_THAT(refusal({.path = path, .content = "bad"}), HasSubstr("leads out of its folder")) << path;
  EXPECT_FALSE(path_exists("/tmp/transkimmer-escaped"));
  expect_nothing_outside();
}

TEST_P(Unpacked, HasNoLinks) {
  for (const char* const target : {"/etc/passwd", "../../escaped", "good.txt"})
    EXPECT_THAT(refusal({.path = "link", .link = target}),
                AllOf(HasSubstr("'link'"), HasSubstr("is a link")));
  expect_nothing_outside();
}

TEST_P(Unpacked, HasNoFilesBehindALink) {
  const std::vector<ArchiveEntry> entries = {{.path = "out", .link = root_.path().string()},
                                             {.path = "out/escaped", .content = "bad"}};
  EXPECT_THAT(refusal([&] { unpack_entries(entries); }), HasSubstr("is a link"));
  expect_nothing_outside();
}

TEST_P(Unpacked, HasNoHardLinksAndDevices) {
  if (GetParam() == ArchiveKind::zip) return;  // which knows neither
  EXPECT_THAT(refusal({.path = "link", .hard_link = "/etc/passwd"}), HasSubstr("is a link"));
  EXPECT_THAT(refusal({.path = "pipe", .device = true}), HasSubstr("is a device"));
}

TEST_P(Unpacked, HasNoMoreThanTheLimits) {
  const std::vector<ArchiveEntry> entries = {{.path = "a", .content = std::string(1000, 'a')},
                                             {.path = "b", .content = std::string(1000, 'b')}};
  EXPECT_THAT(refusal([&] { unpack_entries(entries, {.bytes = 1999}); }), HasSubstr("more than 1999 bytes"));
  EXPECT_THAT(refusal([&] { unpack_entries(entries, {.entries = 1}); }), HasSubstr("more than 1 entries"));
  unpack_entries(entries, {.bytes = 2000, .entries = 2});
}

TEST_P(Unpacked, IsRefusedWhereTheArchiveIsCutShort) {
  std::string noise;
  for (std::uint32_t i = 1; noise.size() < 100'000; i = i * 1664525 + 1013904223)
    noise += static_cast<char>(i >> 24);
  const std::string whole = archive_of(GetParam(), {{.path = "a", .content = noise}});
  for (const std::size_t size : {std::size_t{20}, whole.size() / 2})
    EXPECT_THAT(refusal([&] { unpack_bytes(whole.substr(0, size)); }), HasSubstr("cut short")) << size;
}

TEST_P(Unpacked, IsRefusedWhereItIsNoArchive) {
  for (const std::string text : {"<html>Please log in</html>", "sentence\tlabel\n"})
    EXPECT_THAT(refusal([&] { unpack_bytes(text); }), HasSubstr("no zip or tar archive")) << text;
  EXPECT_NE(refusal([&] { unpack_bytes(""); }), "nothing was thrown");
  EXPECT_THAT(refusal([&] { unpack_entries({{.path = "a/", .folder = true}}); }),
              HasSubstr("holds no files"));
}

}  // namespace
}  // namespace transkimmer::test
