#include "model_files/config/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/architectures/architecture.h"
#include "model_files/config/change_head.h"
#include "support/architectures.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json sizes() {
  return {{"vocab_size", 100},        {"hidden_size", 12},       {"num_hidden_layers", 2},
          {"num_attention_heads", 3}, {"intermediate_size", 24}, {"max_position_embeddings", 20}};
}

ModelConfig parse(const json& changes = json::object()) {
  json config = sizes();
  config["model_type"] = "bert";
  config.update(changes);
  return ModelConfig::parse(config.dump(), "config.json");
}

TEST(ModelConfig, AbsentKeysHaveHuggingFacesDefaults) {
  const ModelConfig bert = parse();
  EXPECT_EQ(bert.model_type, "bert");
  EXPECT_EQ(bert.head, HeadKind::none);
  EXPECT_EQ(bert.head_size(), 4);
  EXPECT_EQ(bert.type_vocab_size, 2);
  EXPECT_EQ(bert.pad_token_id, 0);
  EXPECT_EQ(bert.layer_norm_eps, 1e-12);
  EXPECT_EQ(bert.initializer_range, 0.02);
  EXPECT_EQ(bert.hidden_dropout_prob, 0.1);
  EXPECT_EQ(bert.attention_probs_dropout_prob, 0.1);
  EXPECT_EQ(bert.classifier_dropout, 0.1);
  EXPECT_TRUE(bert.labels.empty());
  EXPECT_FALSE(bert.skim.enabled);
  EXPECT_EQ(parse({{"model_type", "roberta"}}).pad_token_id, 1);
}

TEST(ModelConfig, ClassifierDropoutIsTheHiddenOneUnlessSaid) {
  EXPECT_EQ(parse({{"hidden_dropout_prob", 0.3}}).classifier_dropout, 0.3);
  EXPECT_EQ(parse({{"hidden_dropout_prob", 0.3}, {"classifier_dropout", nullptr}}).classifier_dropout, 0.3);
  EXPECT_EQ(parse({{"hidden_dropout_prob", 0.3}, {"classifier_dropout", 0.2}}).classifier_dropout, 0.2);
}

TEST(ModelConfig, RobertaPositionsBeginBehindThePadId) {
  EXPECT_EQ(parse({{"model_type", "roberta"}}).max_tokens(), 18);
  EXPECT_EQ(parse().max_tokens(), 20);
}

TEST(ModelConfig, ArchitecturesSayTheHead) {
  const auto head_of = [](const char* name) { return parse({{"architectures", json::array({name})}}).head; };
  EXPECT_EQ(head_of("BertForSequenceClassification"), HeadKind::classification);
  EXPECT_EQ(head_of("BertForQuestionAnswering"), HeadKind::question_answering);
  EXPECT_EQ(head_of("BertForMaskedLM"), HeadKind::masked_lm);
  EXPECT_EQ(head_of("BertModel"), HeadKind::none);
  EXPECT_EQ(head_of("RobertaForMaskedLM"), HeadKind::masked_lm);
  EXPECT_EQ(head_of("BertForTokenClassification"), HeadKind::token_classification);
  EXPECT_EQ(head_of("BertForMultipleChoice"), HeadKind::none);
  EXPECT_EQ(parse({{"architectures", json::array()}}).head, HeadKind::none);
  EXPECT_EQ(parse({{"architectures", nullptr}}).head, HeadKind::none);
}

TEST(ModelConfig, ClassesAreMatchedWhole) {
  const json prefixed = {{"architectures", {"RobertaPreLayerNormForSequenceClassification"}},
                         {"model_type", "roberta-prelayernorm"}};
  EXPECT_THROW(parse(prefixed), FormatError);
  const ModelConfig other = parse({{"architectures", {"BertForMultipleChoice"}}});
  EXPECT_TRUE(other.other_head);
  EXPECT_FALSE(parse({{"architectures", {"BertModel"}}}).other_head);
}

TEST(ModelConfig, DistilBertsWordsAreReadAndWrittenBack) {
  json root =
      json::parse(read_file(test::golden_path("architectures/distilbert/classification/config.json")));
  root["dropout"] = 0.25;
  const ModelConfig config = ModelConfig::parse(root.dump(), "config.json");
  EXPECT_EQ(config.hidden_size, 16);
  EXPECT_EQ(config.num_hidden_layers, 2);
  EXPECT_EQ(config.intermediate_size, 24);
  EXPECT_EQ(config.type_vocab_size, 0);
  EXPECT_EQ(config.hidden_dropout_prob, 0.25);
  EXPECT_EQ(config.classifier_dropout, 0.2);
  EXPECT_EQ(config.spec().dropout.attention_output, 0) << "it has none behind attention";
  json written = json::parse(config.to_json());
  for (const char* key : {"hidden_size", "num_hidden_layers", "type_vocab_size", "layer_norm_eps"})
    EXPECT_FALSE(written.contains(key)) << key;
  written.erase("problem_type");
  EXPECT_EQ(written, root);
  root.erase("dim");
  EXPECT_THAT([&] { ModelConfig::parse(root.dump(), "config.json"); },
              testing::ThrowsMessage<FormatError>("config.json: 'dim' is missing"));
}

TEST(ModelConfig, EachHeadOfDistilBertHasADropoutOfItsOwn) {
  json root = json::parse(read_file(test::golden_path("architectures/distilbert/masked_lm/config.json")));
  root.update({{"seq_classif_dropout", 0.31}, {"qa_dropout", 0.07}, {"dropout", 0.13}});
  const ModelConfig stored = ModelConfig::parse(root.dump(), "config.json");
  for (const auto& [head, rate] :
       {std::pair(HeadKind::classification, 0.31), std::pair(HeadKind::question_answering, 0.07),
        std::pair(HeadKind::token_classification, 0.13)}) {
    const ModelConfig changed = with_head(stored, head);
    EXPECT_EQ(changed.classifier_dropout, rate) << name_of(head);
    const json written = json::parse(changed.to_json());
    EXPECT_EQ(written["seq_classif_dropout"], 0.31) << name_of(head);
    EXPECT_EQ(written["qa_dropout"], 0.07) << name_of(head);
    EXPECT_EQ(written["dropout"], 0.13) << name_of(head);
  }
  root.erase("seq_classif_dropout");
  const ModelConfig silent = ModelConfig::parse(root.dump(), "config.json");
  EXPECT_EQ(with_head(silent, HeadKind::classification).classifier_dropout, 0.2);
}

TEST(ModelConfig, EmbeddingsOfElectraMayHaveASizeOfTheirOwn) {
  const ModelConfig narrow = parse({{"model_type", "electra"}, {"embedding_size", 3}});
  EXPECT_EQ(narrow.spec().embeddings.size, 3);
  EXPECT_EQ(json::parse(narrow.to_json())["embedding_size"], 3);
  const ModelConfig alike = parse({{"model_type", "electra"}, {"embedding_size", narrow.hidden_size}});
  EXPECT_EQ(alike.spec().embeddings.size, 0) << "there is no linear layer then";
  EXPECT_EQ(parse({{"model_type", "electra"}}).embedding_size, 128);
  const ModelConfig bert = parse({{"model_type", "bert"}, {"embedding_size", 3}});
  EXPECT_EQ(bert.spec().embeddings.size, 0) << "BERT has no such key";
}

TEST(ModelConfig, MpnetHasTheBucketsAndThePaddingThatTransformersComputesWith) {
  const ModelConfig config = parse({{"model_type", "mpnet"}});
  EXPECT_EQ(config.spec().relative_bias.buckets, 32);
  EXPECT_EQ(config.pad_token_id, 1);
  EXPECT_FALSE(json::parse(config.to_json()).contains("classifier_dropout"));
  EXPECT_THROW(parse({{"model_type", "mpnet"}, {"relative_attention_num_buckets", 64}}), FormatError);
  EXPECT_THROW(parse({{"model_type", "mpnet"}, {"pad_token_id", 0}}), FormatError);
}

TEST(ModelConfig, AnEmbedderMayNameTheClassThatItsEncoderWasPretrainedAs) {
  const test::TemporaryDirectory directory;
  std::filesystem::copy(test::golden_path("sentence_transformers/first"), directory.path(),
                        std::filesystem::copy_options::recursive);
  json root = json::parse(read_file(directory.path() / "config.json"));
  root["architectures"] = {"BertForMaskedLM"};
  write_file_atomically(directory.path() / "config.json", root.dump());
  EXPECT_EQ(ModelConfig::load(directory.path()).head, HeadKind::embedding);
}

TEST(ModelConfig, NamesOfActivationsAreThoseOfTransformersAndAreWrittenBack) {
  EXPECT_EQ(parse().hidden_act, Activation::gelu);
  for (const auto& [name, what] : {std::pair("gelu", Activation::gelu),
                                   {"gelu_new", Activation::gelu_tanh},
                                   {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                   {"relu", Activation::relu},
                                   {"silu", Activation::silu},
                                   {"swish", Activation::silu}}) {
    const ModelConfig config = parse({{"hidden_act", name}});
    EXPECT_EQ(config.spec().layers.front().feed_forward.activation, what) << name;
    EXPECT_EQ(json::parse(config.to_json())["hidden_act"], name);
  }
  ModelConfig changed = parse({{"hidden_act", "swish"}});
  changed.hidden_act = Activation::relu;
  EXPECT_EQ(json::parse(changed.to_json())["hidden_act"], "relu");
}

TEST(ModelConfig, OtherActivationsAreRefusedByName) {
  for (const char* const name : {"mish", "gelu_fast", "quick_gelu", "GELU", "tanh"})
    EXPECT_THAT(
        [&] {
          parse({{"hidden_act", name}});
        },
        testing::ThrowsMessage<FormatError>(testing::HasSubstr(
            std::string("'hidden_act' is \"") + name +
            R"(", expected "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu" or "swish")")));
}

TEST(ModelConfig, ArchitecturesWinOverModelType) {
  const ModelConfig config =
      parse({{"architectures", {"BertForSequenceClassification"}}, {"model_type", "roberta"}});
  EXPECT_EQ(config.model_type, "bert");
  EXPECT_EQ(config.pad_token_id, 0);
  const test::TemporaryDirectory directory;
  test::make_golden_model(directory.path(), "bert", "cls");  // the published code says "roberta" for all
  EXPECT_EQ(ModelConfig::load(directory.path()).model_type, "bert");
}

TEST(ModelConfig, OneLabelOrTheProblemTypeMakesRegression) {
  const json classifier = {{"architectures", {"BertForSequenceClassification"}}};
  const auto head_with = [&](json changes) {
    changes.update(classifier);
    return parse(changes).head;
  };
  EXPECT_EQ(head_with({{"num_labels", 1}}), HeadKind::regression);
  EXPECT_EQ(head_with({{"id2label", {{"0", "score"}}}}), HeadKind::regression);
  EXPECT_EQ(head_with({{"id2label", {{"0", "score"}}}, {"problem_type", "regression"}}),
            HeadKind::regression);
  EXPECT_EQ(head_with({{"num_labels", 3}}), HeadKind::classification);
}

TEST(ModelConfig, LabelsComeInNumericOrder) {
  json names;
  for (int i = 0; i < 12; ++i) names[std::to_string(i)] = "name" + std::to_string(i);
  const ModelConfig config =
      parse({{"architectures", {"BertForSequenceClassification"}}, {"id2label", names}});
  ASSERT_EQ(config.num_labels(), 12);
  EXPECT_EQ(config.labels[2], "name2");
  EXPECT_EQ(config.labels[10], "name10");
}

TEST(ModelConfig, LabelsThatAreNumbersOrTruthValuesAreNames) {
  const ModelConfig config =
      parse({{"architectures", {"BertForSequenceClassification"}},
             {"id2label", {{"0", 0}, {"1", 1}, {"2", -1.5}, {"3", true}, {"4", "x"}}}});
  EXPECT_THAT(config.labels, ElementsAre("0", "1", "-1.5", "true", "x"));
}

TEST(ModelConfig, AClassifierWithoutLabelsHasTwo) {
  EXPECT_THAT(parse({{"architectures", {"BertForSequenceClassification"}}}).labels,
              ElementsAre("LABEL_0", "LABEL_1"));
}

TEST(ModelConfig, ReadsTheSkimSettings) {
  const SkimConfig skim = parse({{"transkimmer",
                                  {{"predictor_size", 5},
                                   {"skim_threshold", -0.25},
                                   {"skim_coefficient", 0.4},
                                   {"gumbel_temperature", 0.5},
                                   {"semantics", "original"},
                                   {"protect", "question"}}}})
                              .skim;
  EXPECT_TRUE(skim.enabled);
  EXPECT_EQ(skim.predictor_size, 5);
  EXPECT_EQ(skim.threshold, -0.25);
  EXPECT_EQ(skim.coefficient, 0.4);
  EXPECT_EQ(skim.temperature, 0.5);
  EXPECT_EQ(skim.semantics, SkimSemantics::original);
  EXPECT_EQ(skim.protection, SkimProtection::question);
}

TEST(ModelConfig, SkimSettingsHaveDefaults) {
  const SkimConfig skim = parse({{"transkimmer", json::object()}}).skim;
  EXPECT_TRUE(skim.enabled);
  EXPECT_EQ(skim.predictor_size, 12);
  EXPECT_EQ(skim.threshold, 0.0);
  EXPECT_EQ(skim.temperature, 1.0);
  EXPECT_EQ(skim.semantics, SkimSemantics::removal);
  EXPECT_EQ(skim.protection, SkimProtection::first_token);
  EXPECT_FALSE(parse({{"transkimmer", {{"enabled", false}}}}).skim.enabled);
}

TEST(ModelConfig, EveryProtectionSurvivesSaving) {
  for (const SkimProtection protection :
       {SkimProtection::first_token, SkimProtection::question, SkimProtection::none}) {
    ModelConfig config = parse({{"transkimmer", json::object()}});
    config.skim.protection = protection;
    EXPECT_EQ(ModelConfig::parse(config.to_json(), "config.json").skim.protection, protection);
  }
  EXPECT_EQ(parse({{"transkimmer", {{"protect", "none"}}}}).skim.protection, SkimProtection::none);
}

TEST(ModelConfig, TextsExitWhereNothingIsProtectedAndTheFirstTokenAloneIsRead) {
  ModelConfig config = parse();
  for (const HeadKind head : {HeadKind::none, HeadKind::classification, HeadKind::regression,
                              HeadKind::question_answering, HeadKind::masked_lm}) {
    config.head = head;
    config.skim.protection = SkimProtection::first_token;
    EXPECT_FALSE(config.spec().texts_exit());
    config.skim.protection = SkimProtection::none;
    EXPECT_EQ(config.spec().texts_exit(), head == HeadKind::classification || head == HeadKind::regression);
  }
}

TEST(ModelConfig, ReadsThePublishedCoefficientOnlyWithoutOurObject) {
  EXPECT_EQ(parse({{"skim_coefficient", 0.7}}).skim.coefficient, 0.7);
  EXPECT_EQ(parse({{"skim_coefficient", 0.7}, {"transkimmer", {{"skim_coefficient", 0.2}}}}).skim.coefficient,
            0.2);
}

TEST(ModelConfig, EveryFieldSurvivesSaving) {
  ModelConfig config = parse({{"architectures", {"BertForSequenceClassification"}}});
  config.model_type = "roberta";
  config.vocab_size = 101;
  config.hidden_size = 16;
  config.num_hidden_layers = 5;
  config.num_attention_heads = 4;
  config.intermediate_size = 40;
  config.max_position_embeddings = 30;
  config.type_vocab_size = 1;
  config.pad_token_id = 3;
  config.layer_norm_eps = 1e-5;
  config.initializer_range = 0.03;
  config.hidden_dropout_prob = 0.15;
  config.attention_probs_dropout_prob = 0.25;
  config.classifier_dropout = 0.35;
  config.labels = {"no", "yes", "é\"\n"};
  config.skim = {.enabled = true,
                 .predictor_size = 7,
                 .threshold = 1.0 / 3.0,
                 .coefficient = 0.2,
                 .temperature = 0.9,
                 .semantics = SkimSemantics::original,
                 .protection = SkimProtection::question};
  const test::TemporaryDirectory directory;
  config.save(directory.path());
  const ModelConfig read = ModelConfig::load(directory.path());
  EXPECT_EQ(read.model_type, config.model_type);
  EXPECT_EQ(read.head, HeadKind::classification);
  EXPECT_EQ(read.vocab_size, config.vocab_size);
  EXPECT_EQ(read.hidden_size, config.hidden_size);
  EXPECT_EQ(read.num_hidden_layers, config.num_hidden_layers);
  EXPECT_EQ(read.num_attention_heads, config.num_attention_heads);
  EXPECT_EQ(read.intermediate_size, config.intermediate_size);
  EXPECT_EQ(read.max_position_embeddings, config.max_position_embeddings);
  EXPECT_EQ(read.type_vocab_size, config.type_vocab_size);
  EXPECT_EQ(read.pad_token_id, config.pad_token_id);
  EXPECT_EQ(read.layer_norm_eps, config.layer_norm_eps);
  EXPECT_EQ(read.initializer_range, config.initializer_range);
  EXPECT_EQ(read.hidden_dropout_prob, config.hidden_dropout_prob);
  EXPECT_EQ(read.attention_probs_dropout_prob, config.attention_probs_dropout_prob);
  EXPECT_EQ(read.classifier_dropout, config.classifier_dropout);
  EXPECT_EQ(read.labels, config.labels);
  EXPECT_EQ(read.skim.enabled, config.skim.enabled);
  EXPECT_EQ(read.skim.predictor_size, config.skim.predictor_size);
  EXPECT_EQ(read.skim.threshold, config.skim.threshold);
  EXPECT_EQ(read.skim.coefficient, config.skim.coefficient);
  EXPECT_EQ(read.skim.temperature, config.skim.temperature);
  EXPECT_EQ(read.skim.semantics, config.skim.semantics);
  EXPECT_EQ(read.skim.protection, config.skim.protection);
  EXPECT_EQ(read.to_json(), config.to_json());
}

TEST(ModelConfig, EveryHeadSurvivesSaving) {
  for (const std::string& architecture : test::every_architecture())
    for (const HeadKind head : {HeadKind::none, HeadKind::classification, HeadKind::regression,
                                HeadKind::question_answering, HeadKind::masked_lm}) {
      ModelConfig config = parse();
      config.model_type = architecture;
      config.pad_token_id = architecture_of(architecture).padding_id;
      config.head = head;
      if (head == HeadKind::classification) config.labels = {"no", "yes"};
      if (head == HeadKind::regression) config.labels = {"score"};
      const ModelConfig read = ModelConfig::parse(config.to_json(), "config.json");
      EXPECT_EQ(read.model_type, architecture);
      EXPECT_EQ(read.head, head) << name_of(head);
      EXPECT_EQ(read.labels, config.labels);
    }
}

TEST(ModelConfig, WritesBackWhatItDoesNotKnow) {
  const ModelConfig config = parse({{"architectures", {"BertForTokenClassification"}},
                                    {"task_specific_params", {{"deep", {1, 2, nullptr}}}},
                                    {"transkimmer", {{"note", "kept"}}}});
  const json written = json::parse(config.to_json());
  EXPECT_EQ(written["task_specific_params"], json::parse(R"({"deep": [1, 2, null]})"));
  EXPECT_EQ(written["transkimmer"]["note"], "kept");
  EXPECT_EQ(written["architectures"], json::array({"BertForTokenClassification"}));
}

TEST(ModelConfig, ADenseModelIsWrittenAsAPlainHuggingFaceModel) {
  EXPECT_FALSE(json::parse(parse().to_json()).contains("transkimmer"));
  const json written = json::parse(parse({{"transkimmer", {{"enabled", false}}}}).to_json());
  EXPECT_EQ(written["transkimmer"]["enabled"], false);
}

TEST(ModelConfig, NullInPlaceOfSkimSettingsSaysNothing) {
  const ModelConfig config = parse({{"transkimmer", nullptr}});
  EXPECT_FALSE(config.skim.enabled);
  EXPECT_FALSE(config.mentions_skimming()) << "the weights may tell of predictors";
  const ModelConfig read = ModelConfig::parse(config.to_json(), "config.json");
  EXPECT_FALSE(read.mentions_skimming());
}

TEST(ModelConfig, AModelWhoseSkimmingWasTakenAwayReadsBack) {
  ModelConfig config = parse({{"transkimmer", {{"predictor_size", 5}}}});
  config.skim = {};
  const ModelConfig read = ModelConfig::parse(config.to_json(), "config.json");
  EXPECT_FALSE(read.skim.enabled);
  EXPECT_EQ(read.skim.predictor_size, 0);
  EXPECT_EQ(read.to_json(), config.to_json());
}

TEST(ModelConfig, RefusesToWritePredictorsWithoutASize) {
  ModelConfig config = parse();
  config.skim.enabled = true;
  EXPECT_THAT([&] { config.to_json(); },
              testing::ThrowsMessage<Error>("config.json: the skim predictors have size 0"));
}

TEST(ModelConfig, ReplacesTheHeadsWordsWhenTheHeadChanges) {
  ModelConfig config = parse({{"architectures", {"BertForSequenceClassification"}},
                              {"problem_type", "regression"},
                              {"id2label", {{"0", "score"}}},
                              {"label2id", {{"score", 0}}}});
  config.head = HeadKind::classification;
  config.labels = {"no", "yes"};
  const json written = json::parse(config.to_json());
  EXPECT_EQ(written["problem_type"], "single_label_classification");
  EXPECT_EQ(written["id2label"], json::parse(R"({"0": "no", "1": "yes"})"));
  EXPECT_EQ(written["label2id"], json::parse(R"({"no": 0, "yes": 1})"));
}

TEST(ModelConfig, RefusesToWriteALabelThatIsNoText) {
  ModelConfig config = parse();
  config.labels = {"\xff"};
  EXPECT_THAT([&] { config.to_json(); },
              testing::ThrowsMessage<Error>("config.json: a label is not valid UTF-8"));
}

}  // namespace
}  // namespace transkimmer
