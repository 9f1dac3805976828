#include "features/corpora/token_file.h"

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using Ids = std::vector<std::int32_t>;
using ::testing::HasSubstr;

constexpr TokenFileOrigin kSmall = {.tokenizer = 77, .vocabulary_size = 1000, .text_bytes = 12345};

std::string written(const std::vector<Ids>& documents, const TokenFileOrigin& origin = kSmall) {
  std::ostringstream out;
  TokenFileWriter writer(out, origin);
  for (const Ids& document : documents) writer.add(document);
  writer.finish();
  return out.str();
}

class TokenFileTest : public ::testing::Test {
 protected:
  TokenFile open(const std::string& bytes) const {
    write_file_atomically(path(), bytes);
    return TokenFile::open(path());
  }
  /// The message of the FormatError, "" when it opens.
  std::string complaint(const std::string& bytes) const {
    try {
      open(bytes);
      return "";
    } catch (const FormatError& error) {
      return error.what();
    }
  }
  std::filesystem::path path() const { return directory_ / "some.tokens"; }

 private:
  TemporaryDirectory directory_;
};

template <typename T>
std::string with_number(std::string bytes, std::size_t offset, T number) {
  std::memcpy(bytes.data() + offset, &number, sizeof number);
  return bytes;
}

TEST_F(TokenFileTest, GivesBackWhatWasWritten) {
  for (const std::uint64_t vocabulary : {1000U, 65536U, 65537U}) {
    const auto last = static_cast<std::int32_t>(vocabulary - 1);
    const TokenFileOrigin origin = {.tokenizer = 1, .vocabulary_size = vocabulary, .text_bytes = 9};
    const TokenFile file = open(written({{5, 6, last}, {7}, {}, {8, 9}}, origin));
    EXPECT_EQ(file.origin(), origin);
    ASSERT_EQ(file.documents(), 3U) << "the document without tokens leaves no trace";
    EXPECT_EQ(file.tokens(), 6U);
    EXPECT_EQ(file.start(1), 3U);
    EXPECT_EQ(file.length(2), 2U);
    Ids all(6), middle(3);
    file.copy(0, all);
    EXPECT_EQ(all, (Ids{5, 6, last, 7, 8, 9}));
    file.copy(2, middle);
    EXPECT_EQ(middle, (Ids{last, 7, 8}));
  }
}

TEST_F(TokenFileTest, HoldsNoDocumentsAtAll) {
  const TokenFile file = open(written({}));
  EXPECT_EQ(file.documents(), 0U);
  EXPECT_EQ(file.tokens(), 0U);
}

TEST_F(TokenFileTest, SmallVocabulariesTakeTwoBytesPerToken) {
  EXPECT_EQ(written({Ids(400, 1)}).size() - written({Ids(200, 1)}).size(), 400U);
}

TEST_F(TokenFileTest, WriterRefusesIdsOutsideTheVocabulary) {
  EXPECT_THROW(written({{1000}}), UsageError);
  EXPECT_THROW(written({{-1}}), UsageError);
}

TEST_F(TokenFileTest, CutShortAnywhereItIsRefused) {
  const std::string whole = written({{5, 6, 7}, {8, 9, 10, 11}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(complaint(whole.substr(0, size)), HasSubstr("some.tokens: ")) << size;
  }
}

TEST_F(TokenFileTest, NamesWhatIsWrong) {
  const std::string whole = written({{5, 6, 7}, {8, 9, 10, 11}});
  const std::size_t trailer = whole.size() - 32, starts = trailer - 24;
  EXPECT_THAT(complaint("{\"not\": \"tokens\"}" + whole), HasSubstr("does not begin with \"TSKTOKEN\""));
  EXPECT_THAT(complaint(whole + "x"), HasSubstr("end is missing"));
  EXPECT_THAT(complaint(with_number<std::uint32_t>(whole, 8, 2)), HasSubstr("version 2, expected version 1"));
  EXPECT_THAT(complaint(with_number<std::uint32_t>(whole, 12, 3)), HasSubstr("3 bytes per token"));
  EXPECT_THAT(complaint(with_number<std::uint32_t>(whole, 12, 4)), HasSubstr("do not make a file of"));
  EXPECT_THAT(complaint(with_number<std::uint64_t>(whole, 24, 11)), HasSubstr("token 11 is not in its"));
  EXPECT_THAT(complaint(with_number<std::uint64_t>(whole, starts, 1)), HasSubstr("do not cover the tokens"));
  EXPECT_THAT(complaint(with_number<std::uint64_t>(whole, starts + 8, 7)), HasSubstr("document 1 ends"));
  EXPECT_THAT(complaint(with_number<std::uint64_t>(whole, starts + 8, UINT64_MAX)), HasSubstr("document 1"));
  EXPECT_THAT(complaint(with_number<std::uint64_t>(whole, starts + 16, 8)), HasSubstr("do not cover"));
}

TEST_F(TokenFileTest, CountsThatOverflowAreRefused) {
  const std::string whole = written({{5, 6, 7}, {8, 9, 10, 11}});
  const std::size_t trailer = whole.size() - 32;
  for (const std::uint64_t count : {UINT64_MAX, UINT64_MAX / 2 + 1, UINT64_MAX / 8 + 1, std::uint64_t{100}}) {
    EXPECT_THAT(complaint(with_number(whole, trailer, count)), HasSubstr("do not make a file of")) << count;
    EXPECT_THAT(complaint(with_number(whole, trailer + 8, count)), HasSubstr("do not make a file of"))
        << count;
  }
}

TEST_F(TokenFileTest, MissingFileIsNamed) {
  try {
    TokenFile::open(path());
    FAIL() << "opened";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("some.tokens"));
  }
}

}  // namespace
}  // namespace transkimmer::test
