#include "features/corpora/token_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is read as it lies in memory");

constexpr std::string_view kBegin = "TSKTOKEN";
constexpr std::string_view kEnd = "NEKOTKST";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kHeaderBytes = 32;
constexpr std::uint64_t kTrailerBytes = 32;
constexpr std::uint64_t kSmallVocabulary = 65536;

std::uint64_t padding_after(std::uint64_t bytes) {
  return (8 - bytes % 8) % 8;
}

template <typename T>
T read_number(std::span<const std::byte> bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename T>
void write_number(std::ostream& out, T value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename Stored>
void write_tokens(std::ostream& out, std::span<const std::int32_t> ids) {
  std::vector<Stored> stored(ids.begin(), ids.end());
  out.write(reinterpret_cast<const char*>(stored.data()),
            static_cast<std::streamsize>(stored.size() * sizeof(Stored)));
}

/// body(id) for every token in [begin, begin + count).
template <typename Stored, typename Body>
void visit(const std::byte* tokens, std::uint64_t begin, std::uint64_t count, const Body& body) {
  const std::byte* at = tokens + begin * sizeof(Stored);
  for (std::uint64_t i = 0; i < count; ++i, at += sizeof(Stored)) {
    Stored id;
    std::memcpy(&id, at, sizeof id);
    body(i, id);
  }
}

}  // namespace

TokenFileWriter::TokenFileWriter(std::ostream& out, const TokenFileOrigin& origin)
    : out_(out), origin_(origin) {
  if (origin.vocabulary_size == 0) throw UsageError("a token file needs a vocabulary");
  out_ << kBegin;
  write_number<std::uint32_t>(out_, kVersion);
  write_number<std::uint32_t>(out_, origin.vocabulary_size <= kSmallVocabulary ? 2 : 4);
  write_number(out_, origin.tokenizer);
  write_number(out_, origin.vocabulary_size);
}

void TokenFileWriter::add(std::span<const std::int32_t> document) {
  if (document.empty()) return;
  for (const std::int32_t id : document) {
    if (id < 0 || static_cast<std::uint64_t>(id) >= origin_.vocabulary_size)
      throw UsageError(fmt::format("token {} is not in a vocabulary of {}", id, origin_.vocabulary_size));
  }
  if (origin_.vocabulary_size <= kSmallVocabulary) {
    write_tokens<std::uint16_t>(out_, document);
  } else {
    write_tokens<std::uint32_t>(out_, document);
  }
  starts_.push_back(starts_.back() + document.size());
}

void TokenFileWriter::finish() {
  const std::uint64_t width = origin_.vocabulary_size <= kSmallVocabulary ? 2 : 4;
  for (std::uint64_t i = 0; i < padding_after(tokens() * width); ++i) out_.put('\0');
  out_.write(reinterpret_cast<const char*>(starts_.data()),
             static_cast<std::streamsize>(starts_.size() * sizeof(std::uint64_t)));
  write_number(out_, documents());
  write_number(out_, tokens());
  write_number(out_, origin_.text_bytes);
  out_ << kEnd;
}

TokenFile TokenFile::open(const std::filesystem::path& path) {
  TokenFile file(path, MappedFile(path));
  file.read_ends();
  file.check_starts();
  file.check_ids();
  return file;
}

TokenFile::TokenFile(std::filesystem::path path, MappedFile file)
    : path_(std::move(path)), file_(std::move(file)) {}

void TokenFile::fail(const std::string& what) const {
  throw FormatError(fmt::format("{}: {}", path_.string(), what));
}

void TokenFile::read_ends() {
  const auto bytes = file_.bytes();
  const std::string_view text = file_.text();
  if (!text.starts_with(kBegin)) fail("not a token file: it does not begin with \"TSKTOKEN\"");
  if (bytes.size() < kHeaderBytes + kTrailerBytes || !text.ends_with(kEnd))
    fail("the token file is cut short: its end is missing; remove it, and it is made anew");
  const auto version = read_number<std::uint32_t>(bytes, 8);
  if (version != kVersion)
    fail(fmt::format("token file of version {}, expected version {}", version, kVersion));
  width_ = read_number<std::uint32_t>(bytes, 12);
  if (width_ != 2 && width_ != 4) fail(fmt::format("{} bytes per token, expected 2 or 4", width_));
  const std::uint64_t trailer = bytes.size() - kTrailerBytes;
  origin_ = {.tokenizer = read_number<std::uint64_t>(bytes, 16),
             .vocabulary_size = read_number<std::uint64_t>(bytes, 24),
             .text_bytes = read_number<std::uint64_t>(bytes, trailer + 16)};
  documents_ = read_number<std::uint64_t>(bytes, trailer);
  tokens_ = read_number<std::uint64_t>(bytes, trailer + 8);
  // Bounded by the file's size before anything is multiplied.
  const std::uint64_t body = trailer - kHeaderBytes;
  const bool plausible = tokens_ <= body / width_ && documents_ < body / 8;
  const std::uint64_t token_bytes = plausible ? tokens_ * width_ : 0;
  starts_at_ = kHeaderBytes + token_bytes + padding_after(token_bytes);
  if (!plausible || starts_at_ + (documents_ + 1) * 8 != trailer) {
    fail(fmt::format("{} documents and {} tokens of {} bytes do not make a file of {} bytes", documents_,
                     tokens_, width_, bytes.size()));
  }
}

void TokenFile::check_starts() const {
  for (std::uint64_t i = 0; i < documents_; ++i) {
    if (start(i + 1) <= start(i)) fail(fmt::format("document {} ends before it begins", i));
  }
  if (start(0) != 0 || start(documents_) != tokens_) fail("the documents do not cover the tokens");
}

void TokenFile::check_ids() const {
  std::uint64_t largest = 0;
  const std::byte* tokens = file_.bytes().data() + kHeaderBytes;
  const auto look = [&](std::uint64_t, std::uint64_t id) { largest = std::max(largest, id); };
  if (width_ == 2) {
    visit<std::uint16_t>(tokens, 0, tokens_, look);
  } else {
    visit<std::uint32_t>(tokens, 0, tokens_, look);
  }
  if (tokens_ > 0 && (largest >= origin_.vocabulary_size || largest > INT32_MAX))
    fail(fmt::format("token {} is not in its vocabulary of {}", largest, origin_.vocabulary_size));
}

std::uint64_t TokenFile::fingerprint() const {
  Fnv1a hash;
  hash.add(file_.text().substr(kHeaderBytes, file_.bytes().size() - kHeaderBytes - kTrailerBytes));
  return hash.value();
}

std::uint64_t TokenFile::start(std::uint64_t i) const {
  return read_number<std::uint64_t>(file_.bytes(), starts_at_ + 8 * i);
}

void TokenFile::copy(std::uint64_t begin, std::span<std::int32_t> out) const {
  const std::byte* tokens = file_.bytes().data() + kHeaderBytes;
  const auto store = [&](std::uint64_t i, std::uint32_t id) { out[i] = static_cast<std::int32_t>(id); };
  if (width_ == 2) {
    visit<std::uint16_t>(tokens, begin, out.size(), store);
  } else {
    visit<std::uint32_t>(tokens, begin, out.size(), store);
  }
}

}  // namespace transkimmer
