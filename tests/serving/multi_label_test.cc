// What a multi-label classifier makes of texts: what Hugging Face's pipeline makes of them.

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/json/json.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

/// scripts/golden/text_heads.py wrote this model and the pipeline's scores.
TEST(MultiLabelClassifier, ProbabilitiesEqualThoseOfThePipeline) {
  const Classifier classifier = Classifier::load(golden_path("text_heads/multi_label"), {.threads = 2});
  EXPECT_TRUE(classifier.multi_label());
  EXPECT_EQ(classifier.labels(), (std::vector<std::string>{"drama", "comedy", "horror"}));
  const json expected = read_json(golden_path("text_heads/multi_label/expected.json"));
  const std::vector<std::string> texts = expected["texts"];
  std::size_t above = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Classification result = classifier.classify({{texts[i]}}).front();
    std::vector<int> labels;
    for (std::size_t label = 0; label < classifier.labels().size(); ++label) {
      const double wanted = expected["scores"][i][classifier.labels()[label]];
      EXPECT_NEAR(result.probabilities[label], wanted, 1e-5);
      if (wanted > 0.5) labels.push_back(static_cast<int>(label));
    }
    EXPECT_EQ(result.labels, labels);
    EXPECT_EQ(result.score, result.probabilities[static_cast<std::size_t>(result.label)]);
    above += labels.size();
  }
  EXPECT_GT(above, 0U);
}

TEST(MultiLabelClassifier, ReadsBackWhatItSaves) {
  const TemporaryDirectory directory;
  const ModelConfig config =
      write_tiny_model(directory.path(), {.head = HeadKind::multi_label, .labels = {"a", "b", "c"}});
  EXPECT_EQ(config.head, HeadKind::multi_label);
  EXPECT_EQ(read_json(directory / "config.json")["problem_type"], "multi_label_classification");
  write_tiny_model(directory.path(), {});
  EXPECT_FALSE(Classifier::load(directory.path(), {.threads = 1}).multi_label());
}

}  // namespace
}  // namespace transkimmer::test
