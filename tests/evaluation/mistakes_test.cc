// The file of what a classifier got wrong.

#include "evaluation/mistakes.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

TEST(Mistakes, AreWrittenTheMostConfidentFirst) {
  const TemporaryDirectory directory;
  ModelConfig config;
  config.head = HeadKind::classification;
  config.labels = {"bad", "good"};
  Pass pass;
  pass.outputs = {0, 1, 0, 1};
  pass.logits = {1, 0, 0, 1, 5, 0, 0, 2};
  Dataset dataset;
  dataset.examples = {{"one", "with another"}, {"right", {}}, {"\"two\"\n", {}}, {"three", {}}};
  const std::vector<double> labels = {1, 1, 1, 0};
  const std::vector<std::size_t> indices = {3, 4, 7, 9};
  write_mistakes(directory / "wrong.jsonl", config, pass, dataset, labels, indices);
  EXPECT_EQ(
      read_file(directory / "wrong.jsonl"),
      "{\"index\":7,\"text\":\"\\\"two\\\"\\n\",\"label\":\"good\",\"predicted\":\"bad\",\"score\":0.9933072}"
      "\n"
      "{\"index\":9,\"text\":\"three\",\"label\":\"bad\",\"predicted\":\"good\",\"score\":0.880797}\n"
      "{\"index\":3,\"text\":\"one\",\"text_pair\":\"with another\",\"label\":\"good\",\"predicted\":\"bad\","
      "\"score\":0.7310586}\n");
}

}  // namespace
}  // namespace transkimmer::test
