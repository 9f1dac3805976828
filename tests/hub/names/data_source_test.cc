#include "hub/names/data_source.h"

#include <gtest/gtest.h>

#include "hub/names/addresses.h"

namespace transkimmer::test {
namespace {

TEST(DataSources, NameTheirHostsShortly) {
  for (const DataHost& host : kDataHosts) {
    EXPECT_EQ(data_address(std::string(host.name) + ":x/y.zip?a=b"),
              std::string(host.address) + "x/y.zip?a=b");
    EXPECT_TRUE(host.address.ends_with('/')) << host.address;
    EXPECT_NE(data_host_names().find(host.name), std::string::npos);
  }
  EXPECT_EQ(data_address("https://a.example/b"), "https://a.example/b");
  for (const char* const text : {"", "x.zip", "nobody:x.zip", "file:///etc/passwd", "ftp://a.example/b"})
    EXPECT_EQ(data_address(text), "") << text;
}

TEST(DataSources, HaveArchivesByTheirNames) {
  for (const char* const name : {"a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"})
    EXPECT_TRUE(is_archive(name)) << name;
  for (const char* const name : {"a.json", "a.txt", "a.gz", "zip"}) EXPECT_FALSE(is_archive(name)) << name;
}

TEST(DataSources, AreTheSameByTheirContents) {
  const DataSource source = {.files = {{.name = "a", .addresses = {"https://a"}, .sha256 = "12"}}};
  DataSource mirrored = source;
  mirrored.files[0].addresses = {"https://b"};
  mirrored.licence = "free";
  EXPECT_EQ(source_key(source), source_key(mirrored));
  DataSource other = source;
  other.files[0].sha256 = "13";
  EXPECT_NE(source_key(source), source_key(other));
  other.files[0].sha256.clear();
  DataSource unpinned = other;
  unpinned.files[0].addresses = {"https://b"};
  EXPECT_NE(source_key(other), source_key(unpinned)) << "where nothing states the content, the place counts";
}

}  // namespace
}  // namespace transkimmer::test
