#include "hub/online/content_hash.h"

#include <gtest/gtest.h>

namespace transkimmer::test {
namespace {

std::string hash_of(HashKind kind, std::string_view content) {
  ContentHash hash(kind, content.size());
  hash.add(content.substr(0, 2));
  hash.add(content.substr(2));
  return hash.finish();
}

// What `sha256sum` and `git hash-object` print.
TEST(ContentHashes, AreThoseOfSha256sum) {
  EXPECT_EQ(hash_of(HashKind::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ContentHashes, AreThoseOfGit) {
  EXPECT_EQ(hash_of(HashKind::git_blob, "hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(ContentHashes, AreToldByTheLengthOfTheETag) {
  EXPECT_EQ(hash_kind_of(std::string(64, 'a')), HashKind::sha256);
  EXPECT_EQ(hash_kind_of(std::string(40, '0')), HashKind::git_blob);
  EXPECT_FALSE(hash_kind_of(std::string(40, 'A')));
  EXPECT_FALSE(hash_kind_of("abc"));
}

}  // namespace
}  // namespace transkimmer::test
