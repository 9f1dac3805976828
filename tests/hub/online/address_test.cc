#include "hub/online/address.h"

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

TEST(Addresses, AreTakenApart) {
  const Address address = Address::parse("https://hub.example/org/name?x=1");
  EXPECT_EQ(address.scheme, "https");
  EXPECT_EQ(address.host, "hub.example");
  EXPECT_EQ(address.origin, "https://hub.example");
  EXPECT_EQ(Address::parse("https://hub.example:443/x").origin, "https://hub.example");
  EXPECT_EQ(Address::parse("https://hub.example:80/x").origin, "https://hub.example:80");
  EXPECT_EQ(Address::parse("http://hub.example:8080/").origin, "http://hub.example:8080");
}

TEST(Addresses, AreHttpAlone) {
  for (const char* const text :
       {"", "file:///etc/passwd", "ftp://hub.example/x", "hub.example/x", "https://"})
    EXPECT_THROW(Address::parse(text), FormatError) << text;
}

TEST(Addresses, RedirectsMayBeRelative) {
  const Address from = Address::parse("https://hub.example/a/b?c=d");
  EXPECT_EQ(from.redirected_to("/e/f").text, "https://hub.example/e/f");
  EXPECT_EQ(from.redirected_to("https://store.example/x").origin, "https://store.example");
  EXPECT_EQ(from.redirected_to("//store.example/x").text, "https://store.example/x");
  EXPECT_THROW(from.redirected_to("file:///etc/passwd"), FormatError);
}

TEST(Addresses, EncryptionIsNotGivenUp) {
  const Address safe = Address::parse("https://hub.example/a");
  const Address plain = Address::parse("http://hub.example/a");
  EXPECT_THROW(require_safe_redirect(safe, plain), IoError);
  EXPECT_NO_THROW(require_safe_redirect(safe, Address::parse("https://store.example/")));
  EXPECT_NO_THROW(require_safe_redirect(plain, safe));
  EXPECT_NO_THROW(require_safe_redirect(plain, plain));
}

TEST(Addresses, PartsAreEncoded) {
  EXPECT_EQ(as_address_part("refs/pr/1"), "refs%2Fpr%2F1");
  EXPECT_EQ(as_address_path("1_Pooling/a b#c?.json"), "1_Pooling/a%20b%23c%3F.json");
}

}  // namespace
}  // namespace transkimmer::test
