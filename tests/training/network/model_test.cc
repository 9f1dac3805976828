#include "training/network/model.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "training/loop/tiny_training.h"
#include "training/network/losses.h"
#include "training/objectives/batching.h"
#include "training/optimizer/optimizer.h"

namespace transkimmer::test {
namespace {

/// Makes decisions that differ between tokens: fresh predictors keep everything.
TrainingModel deciding_model(const std::string& architecture) {
  TrainingModel model = TrainingModel::from_scratch(tiny_config(architecture), {.seed = 11});
  torch::NoGradGuard no_gradients;
  torch::manual_seed(5);
  for (const auto& entry : model.parameters().entries()) {
    if (entry.spec.name.ends_with(".predictor.4.bias")) entry.value.zero_();
    if (entry.spec.name.ends_with(".predictor.4.weight")) entry.value.normal_(0, 1);
  }
  return model;
}

class Models : public ::testing::TestWithParam<std::string> {};

TEST_P(Models, ResultsDoNotDependOnTheBatchNorOnPadding) {
  const TrainingModel model = deciding_model(GetParam());
  const EncodedDataset dataset = tiny_dataset(9, 4);
  torch::NoGradGuard no_gradients;
  Batch everything;
  for (std::uint32_t i = 0; i < dataset.size(); ++i) everything.push_back(i);
  const LabelledBatch together = make_batch(dataset, everything, model.config(), torch::kCPU);
  const ModelOutput output = model.forward(together.inputs, {});
  bool skimmed = false;
  for (std::uint32_t i = 0; i < dataset.size(); ++i) {
    const LabelledBatch alone = make_batch(dataset, {i}, model.config(), torch::kCPU);
    const ModelOutput single = model.forward(alone.inputs, {});
    EXPECT_TRUE(at::allclose(single.head.logits[0], output.head.logits[i], 1e-4, 1e-5)) << "sequence " << i;
    const auto length = static_cast<std::int64_t>(dataset.length(i));
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const Tensor mask = single.encoder.skim_masks[layer][0];
      EXPECT_TRUE(at::equal(mask, output.encoder.skim_masks[layer][i].slice(0, 0, length)));
      skimmed = skimmed || at::sum(mask).item<double>() < static_cast<double>(length);
    }
  }
  EXPECT_TRUE(skimmed) << "nothing was skimmed, so nothing was shown";
}

TEST_P(Models, SavedWeightsLoadUnchanged) {
  const TemporaryDirectory directory;
  const TrainingModel model = deciding_model(GetParam());
  model.save(directory.path());
  const auto [loaded, notices] = load_model(directory.path());
  EXPECT_TRUE(at::equal(all_weights(model), all_weights(loaded)));
  EXPECT_TRUE(notices.empty());
}

TEST_P(Models, AHeadOfAnotherSizeStartsFreshWithANotice) {
  const TemporaryDirectory directory;
  const TrainingModel model = deciding_model(GetParam());
  model.save(directory.path());
  ModelConfig config = ModelConfig::load(directory.path());
  config.labels = {"a", "b", "c"};
  const auto [loaded, notices] = load_model(directory.path(), config);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("head"), std::string::npos);
  const std::string encoder_weight = "encoder.layer.1.output.dense.weight";
  EXPECT_TRUE(at::equal(model.parameters().at(encoder_weight), loaded.parameters().at(encoder_weight)));
}

TEST_P(Models, PredictorsThatTheFilesLackStartFreshWithANotice) {
  const TemporaryDirectory directory;
  ModelConfig dense = tiny_config(GetParam());
  dense.skim = {};
  TrainingModel::from_scratch(dense, {}).save(directory.path());
  const auto [loaded, notices] = load_model(directory.path(), tiny_config(GetParam()));
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("predictors"), std::string::npos);
  const Tensor bias = loaded.parameters().at("encoder.skim_predictors.0.predictor.4.bias");
  EXPECT_NEAR(bias[0].item<double>(), -5, 0.2);
  EXPECT_NEAR(bias[1].item<double>(), 5, 0.2);
}

/// A model of `head` with a pooler, whose config.json then names `architectures` (null: none).
TrainingModel save_as(const std::filesystem::path& directory, HeadKind head, const nlohmann::json& classes) {
  ModelConfig config = tiny_config();
  config.skim = {};
  config.head = head;
  if (head != HeadKind::classification) config.labels.clear();
  TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
  model.save(directory);
  nlohmann::json settings = nlohmann::json::parse(read_file(directory / "config.json"));
  settings["architectures"] = classes;
  write_file_atomically(directory / "config.json", settings.dump());
  return model;
}

bool same_weight(const TrainingModel& a, const TrainingModel& b, const std::string& name) {
  return at::equal(a.parameters().at(name), b.parameters().at(name));
}

TEST(StoredModels, KeepTheirPretrainedPoolerWhateverTheyWereSavedFor) {
  using nlohmann::json;
  for (const json& classes : {json(), json::array({"BertForMaskedLM"}), json::array({"BertModel"}),
                              json::array({"BertForPreTraining"}), json::array({"BertForQuestionAnswering"}),
                              json::array({"BertForTokenClassification"})}) {
    const TemporaryDirectory directory;
    const TrainingModel model = save_as(directory.path(), HeadKind::classification, classes);
    ModelConfig wanted = tiny_config();
    wanted.skim = {};
    wanted.labels = {"other", "classes", "three"};
    const auto [loaded, notices] = load_model(directory.path(), wanted);
    for (const char* const name : {"pooler.dense.weight", "pooler.dense.bias"})
      EXPECT_TRUE(same_weight(model, loaded, name)) << classes << name;
    EXPECT_EQ(notices.size(), 1u) << classes << ": the classifier has other classes";
  }
}

TEST(StoredModels, KeepTheHeadThatTheFilesHoldThoughConfigJsonNamesNone) {
  using nlohmann::json;
  struct Case {
    HeadKind head;
    json classes;
    std::string weight;
  };
  for (const Case& each :
       {Case{HeadKind::classification, json(), "classifier.weight"},
        Case{HeadKind::classification, json::array(), "classifier.weight"},
        Case{HeadKind::classification, json::array({"MyOwnModel"}), "classifier.weight"},
        Case{HeadKind::question_answering, json(), "qa_outputs.weight"},
        Case{HeadKind::masked_lm, json(), "cls.predictions.transform.dense.weight"},
        Case{HeadKind::masked_lm, json::array({"BertForPreTraining"}), "cls.predictions.bias"}}) {
    const TemporaryDirectory directory;
    const TrainingModel model = save_as(directory.path(), each.head, each.classes);
    const auto [loaded, notices] = load_model(directory.path(), model.config());
    EXPECT_TRUE(same_weight(model, loaded, each.weight)) << each.classes << each.weight;
    EXPECT_TRUE(notices.empty()) << each.classes << each.weight;
  }
}

TEST(StoredModels, OfferNoClassifierOfTokensOrOfOtherClassesAsOurs) {
  const TemporaryDirectory directory;
  const TrainingModel model = save_as(directory.path(), HeadKind::classification,
                                      nlohmann::json::array({"BertForTokenClassification"}));
  const auto [of_tokens, notices] = load_model(directory.path(), model.config());
  EXPECT_FALSE(same_weight(model, of_tokens, "classifier.weight"));
  EXPECT_EQ(notices.size(), 1u);

  const TemporaryDirectory unnamed;
  const TrainingModel two_classes = save_as(unnamed.path(), HeadKind::classification, {});
  ModelConfig wanted = two_classes.config();
  wanted.labels = {"ham", "spam"};
  EXPECT_FALSE(same_weight(two_classes, load_model(unnamed.path(), wanted).model, "classifier.weight"));
}

/// Of the skim loss, by the predictors' weights.
Tensor predictor_gradients(const TrainingModel& model, const LabelledBatch& batch) {
  model.parameters().zero_gradients();
  const ModelOutput output =
      model.forward(batch.inputs, {.training = true, .skimming = true, .seed = 3, .skim_noise = {}});
  skim_loss(output.encoder.skim_masks, batch.inputs.real, SkimSemantics::removal).backward();
  std::vector<Tensor> gradients;
  for (const auto& entry : model.parameters().entries())
    if (entry.spec.group == WeightGroup::predictor) gradients.push_back(entry.value.grad().flatten());
  return at::cat(gradients);
}

TEST_P(Models, ProtectedTokensTeachThePredictorsNothingAndTheOthersAsMuchAsEver) {
  const TrainingModel model = deciding_model(GetParam());
  LabelledBatch batch = make_batch(tiny_dataset(4, 4), {0, 1, 2, 3}, model.config(), torch::kCPU);
  const Tensor unprotected = predictor_gradients(model, batch);
  EXPECT_GT(unprotected.abs().max().item<double>(), 0);
  batch.inputs.never_skimmed = at::zeros_like(batch.inputs.real);
  EXPECT_TRUE(at::equal(predictor_gradients(model, batch), unprotected));
  batch.inputs.never_skimmed = at::ones_like(batch.inputs.real);
  EXPECT_EQ(predictor_gradients(model, batch).abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Architectures, Models, ::testing::ValuesIn(test::every_architecture()),
                         [](const auto& tested) { return test::in_test_name(tested.param); });

TEST(Dropout, SparesTheRightShareAndScalesIt) {
  RandomStreams random(1);
  const Tensor ones = at::ones({200, 500});
  const Tensor dropped = dropout(ones, 0.1, {.active = true, .random = &random});
  const Tensor spared = dropped.gt(0);
  EXPECT_NEAR(at::mean(spared.to(torch::kFloat32)).item<double>(), 0.9, 0.005);
  EXPECT_NEAR(at::max(dropped).item<double>(), 1 / 0.9, 1e-6);
  const Tensor again = dropout(ones, 0.1, {.active = true, .random = &random});
  EXPECT_FALSE(at::equal(dropped, again));
}

TEST(Dropout, IsTheSameForAnyNumberOfThreads) {
  const Tensor values = at::ones({300, 1000});
  const int threads = torch::get_num_threads();
  torch::set_num_threads(1);
  RandomStreams first(9);
  const Tensor one = dropout(values, 0.3, {.active = true, .random = &first});
  torch::set_num_threads(2);
  RandomStreams second(9);
  const Tensor two = dropout(values, 0.3, {.active = true, .random = &second});
  torch::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one, two));
}

TEST(Decay, SparesBiasesAndNorms) {
  const std::vector<WeightSpec> specs = expected_weights(tiny_config().spec());
  const auto decayed = [&](std::string_view name, bool predictor_norms) {
    return is_decayed(*std::ranges::find(specs, name, &WeightSpec::name), predictor_norms);
  };
  EXPECT_TRUE(decayed("embeddings.word_embeddings.weight", false));
  EXPECT_TRUE(decayed("encoder.layer.0.output.dense.weight", false));
  EXPECT_FALSE(decayed("encoder.layer.0.output.dense.bias", false));
  EXPECT_FALSE(decayed("encoder.layer.0.output.LayerNorm.weight", false));
  EXPECT_FALSE(decayed("encoder.skim_predictors.0.predictor.2.weight", false));
  EXPECT_TRUE(decayed("encoder.skim_predictors.0.predictor.2.weight", true)) << "the published rule";
  EXPECT_TRUE(decayed("encoder.skim_predictors.0.predictor.1.weight", false));
  EXPECT_FALSE(decayed("encoder.skim_predictors.0.predictor.4.bias", true));
}

TEST(LinearSchedule, RisesToOneAndFallsToZero) {
  EXPECT_DOUBLE_EQ(linear_schedule(0, 2, 10), 0);
  EXPECT_DOUBLE_EQ(linear_schedule(2, 2, 10), 1);
  EXPECT_DOUBLE_EQ(linear_schedule(6, 2, 10), 0.5);
  EXPECT_DOUBLE_EQ(linear_schedule(10, 2, 10), 0);
  EXPECT_DOUBLE_EQ(linear_schedule(0, 0, 10), 1);
}

}  // namespace
}  // namespace transkimmer::test
