#include "hub/online/content_hash.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::size_t kSha1Digits = 40;
constexpr std::size_t kSha256Digits = 64;

void require(int result) {
  if (result != 1) throw Error("the cryptographic library cannot compute a hash");
}

}  // namespace

std::optional<HashKind> hash_kind_of(std::string_view etag) {
  if (etag.find_first_not_of("0123456789abcdef") != etag.npos) return std::nullopt;
  if (etag.size() == kSha256Digits) return HashKind::sha256;
  if (etag.size() == kSha1Digits) return HashKind::git_blob;
  return std::nullopt;
}

struct ContentHash::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

ContentHash::ContentHash(HashKind kind, std::uint64_t size) : context_(std::make_shared<Context>()) {
  require(context_->evp ? 1 : 0);
  require(
      EVP_DigestInit_ex(context_->evp.get(), kind == HashKind::sha256 ? EVP_sha256() : EVP_sha1(), nullptr));
  if (kind == HashKind::git_blob) {
    const std::string header = fmt::format("blob {}", size);
    add({header.c_str(), header.size() + 1});  // its end, a zero, counts
  }
}

void ContentHash::add(std::string_view bytes) {
  require(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()));
}

std::string ContentHash::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_->evp.get(), bytes.data(), &length));
  std::string digits;
  for (unsigned i = 0; i < length; ++i) digits += fmt::format("{:02x}", bytes[i]);
  return digits;
}

}  // namespace transkimmer
