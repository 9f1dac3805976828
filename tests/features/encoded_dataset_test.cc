#include "features/encoded_dataset.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// One token per byte, so that these tests need no vocabulary.
class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() : Tokenizer({.layout = InputLayout::bert(258, 259)}) {}

  std::string_view algorithm() const override { return "a test's own"; }
  std::vector<Piece> pieces(std::string_view text) const override {
    if (text.starts_with("bad")) throw UsageError(std::string(text));
    std::vector<Piece> found;
    for (std::uint32_t i = 0; i < text.size(); ++i) {
      found.push_back({static_cast<unsigned char>(text[i]), {i, i + 1}});
    }
    return found;
  }
  std::string_view token(std::int32_t) const override { return "x"; }
  std::size_t vocabulary_size() const override { return 300; }
  const SpecialTokens& special_tokens() const override { return special_; }

 private:
  SpecialTokens special_ = {.pad = 256, .unknown = 257, .begin = 258, .separator = 259, .mask = 260};
};

Dataset dataset_of(std::size_t count) {
  Dataset dataset;
  for (std::size_t i = 0; i < count; ++i) {
    Example example{.text = std::string(i % 37, 'a') + std::to_string(i),
                    .text_pair = std::nullopt,
                    .label = static_cast<double>(i % 3)};
    if (i % 2 == 1) example.text_pair = "second " + std::to_string(i);
    dataset.examples.push_back(example);
  }
  return dataset;
}

TEST(EncodedDataset, HoldsWhatTheTokenizerGives) {
  Dataset dataset;
  dataset.examples = {{.text = "ab", .text_pair = std::nullopt, .label = 1.0},
                      {.text = "c", .text_pair = "de", .label = std::nan("")}};
  const auto encoded = encode_dataset(dataset, ByteTokenizer(), 512, 1);
  EXPECT_EQ(encoded.size(), 2U);
  EXPECT_EQ(encoded.length(0), 4U);
  EXPECT_EQ(encoded.ids, (std::vector<std::int32_t>{258, 'a', 'b', 259, 258, 'c', 259, 'd', 'e', 259}));
  EXPECT_EQ(encoded.type_ids, (std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(encoded.starts, (std::vector<std::uint64_t>{0, 4, 10}));
  EXPECT_EQ(encoded.labels[0], 1.0);
  EXPECT_TRUE(std::isnan(encoded.labels[1]));
  EXPECT_EQ(encoded.sequence_ids(1)[1], 'c');
  EXPECT_EQ(encoded.sequence_type_ids(1).size(), 6U);
}

TEST(EncodedDataset, DoesNotDependOnTheNumberOfThreads) {
  const Dataset dataset = dataset_of(1000);
  const auto one = encode_dataset(dataset, ByteTokenizer(), 20, 1);
  for (const unsigned threads : {2U, 7U, 0U}) {
    const auto several = encode_dataset(dataset, ByteTokenizer(), 20, threads);
    EXPECT_EQ(several.ids, one.ids);
    EXPECT_EQ(several.type_ids, one.type_ids);
    EXPECT_EQ(several.starts, one.starts);
    EXPECT_EQ(several.labels, one.labels);
  }
}

TEST(EncodedDataset, TruncatesToMaxLength) {
  const auto encoded = encode_dataset(dataset_of(200), ByteTokenizer(), 12, 2);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) longest = std::max(longest, encoded.length(i));
  EXPECT_EQ(longest, 12U);
}

TEST(EncodedDataset, OfNothingIsEmpty) {
  const auto encoded = encode_dataset({}, ByteTokenizer(), 12, 4);
  EXPECT_EQ(encoded.size(), 0U);
  EXPECT_TRUE(encoded.ids.empty());
}

TEST(EncodedDataset, ReportsTheFirstFailureInFileOrder) {
  Dataset dataset = dataset_of(1000);
  dataset.examples[900].text = "bad, later";
  dataset.examples[100].text = "bad, earlier";
  try {
    encode_dataset(dataset, ByteTokenizer(), 12, 4);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "bad, earlier");
  }
}

}  // namespace
}  // namespace transkimmer
