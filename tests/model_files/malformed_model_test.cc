// What malformed model files are answered with: each row makes one and gives the whole message. "DIR" stands
// for the model's directory.
#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/made_model.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using test::EditableTensors;
namespace fs = std::filesystem;

struct Row {
  const char* name;
  std::function<void(const fs::path& directory)> make;
  std::string message;
};

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes;
}

/// A model whose model.safetensors is these bytes.
std::function<void(const fs::path&)> bytes(std::string content) {
  return [content](const fs::path& directory) {
    test::small_config("bert", HeadKind::classification).save(directory);
    write_file_atomically(directory / "model.safetensors", content);
  };
}

/// A model whose model.safetensors has this header and so many bytes of data.
std::function<void(const fs::path&)> header(const std::string& text, std::size_t data_bytes = 0) {
  return bytes(length_bytes(text.size()) + text + std::string(data_bytes, '\0'));
}

std::string header_error(const std::string& message) {
  return "DIR/model.safetensors: " + message;
}

const Row kSafetensorsRows[] = {
    {"EmptyFile", bytes(""), header_error("file has 0 bytes, expected at least 8 for the header length")},
    {"ShorterThanTheLength", bytes("\x01\x02\x03"),
     header_error("file has 3 bytes, expected at least 8 for the header length")},
    {"HeaderBeyondTheFile", bytes(length_bytes(100) + "{}"),
     header_error("header length 100 reaches beyond the end of the file (10 bytes)")},
    {"HeaderLengthOfAllOnes", bytes(length_bytes(UINT64_MAX) + "{}"),
     header_error("header length 18446744073709551615 is over the limit of 100000000 bytes")},
    {"HeaderOverTheLimit", bytes(length_bytes(100'000'001) + "{}"),
     header_error("header length 100000001 is over the limit of 100000000 bytes")},
    {"EmptyHeader", bytes(length_bytes(0)), header_error("header is not valid JSON at byte 1")},
    {"HeaderIsNoJson", header("model"), header_error("header is not valid JSON at byte 1")},
    {"HeaderIsCutOff", header(R"({"a":{"dtype":"F32")"), header_error("header is not valid JSON at byte 20")},
    {"HeaderHasATail", header("{} {}"), header_error("header is not valid JSON at byte 4")},
    {"HeaderIsAnArray", header("[]"), header_error("header is an array, expected an object")},
    {"HeaderIsNotUtf8", header("{\"a\xff\":{}}"), header_error("header is not valid UTF-8 at byte 4")},
    {"HeaderIsNestedDeep", header("{\"a\":" + std::string(1'000'000, '[')),
     header_error("tensor 'a' is an array, expected an object")},
    {"MetadataIsNoText", header(R"({"__metadata__":{"step":3}})"),
     header_error("__metadata__ field 'step' is 3, expected a string")},
    {"MetadataIsANumber", header(R"({"__metadata__":3})"),
     header_error("field '__metadata__' is 3, expected an object")},
    {"TensorIsNull", header(R"({"a":null})"), header_error("tensor 'a' is null, expected an object")},
    {"TensorTwice",
     header(
         R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
         2),
     header_error("tensor 'a' appears twice in the header")},
    {"FieldTwice", header(R"({"a":{"dtype":"U8","dtype":"I8"}})"),
     header_error("tensor 'a' has the field 'dtype' twice")},
    {"FieldMissing", header(R"({"a":{"dtype":"U8","shape":[1]}})"),
     header_error("tensor 'a' has no 'data_offsets'")},
    {"FieldUnknown", header(R"({"a":{"dtype":"U8","strides":[1]}})"),
     header_error("tensor 'a' has the unknown field 'strides'")},
    {"TypeUnknown", header(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
     header_error("tensor 'a' has the unknown type 'F8_E4M3'")},
    {"TypeIsANumber", header(R"({"a":{"dtype":32}})"),
     header_error("tensor 'a' has 32 as 'dtype', expected a string")},
    {"ShapeIsNegative", header(R"({"a":{"dtype":"U8","shape":[-1,-1],"data_offsets":[0,1]}})", 1),
     header_error("tensor 'a' has -1 in 'shape', expected integers of 0 or more")},
    {"ShapeIsFractional", header(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1),
     header_error("tensor 'a' has 1.0 in 'shape', expected integers of 0 or more")},
    {"ShapeIsNested", header(R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1),
     header_error("tensor 'a' has an array in 'shape', expected integers of 0 or more")},
    {"ShapeBeyond63Bits",
     header(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", 1),
     header_error("tensor 'a' has 18446744073709551615 in 'shape', expected integers of 0 or more")},
    {"ShapeOverflows",
     header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
     header_error("tensor 'a' has a shape of more elements than 64 bits count")},
    {"ShapeDisagreesWithTheRange", header(R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}})", 20),
     header_error("tensor 'a' has 20 bytes, expected 24 for F32 [2, 3]")},
    {"OneOffset", header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}})", 1),
     header_error("tensor 'a' has 1 'data_offsets', expected 2")},
    {"ThreeOffsets", header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", 1),
     header_error("tensor 'a' has 2 in 'data_offsets', expected two integers of 0 or more")},
    {"OffsetsAreTurnedRound", header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1),
     header_error("tensor 'a' has data_offsets [1, 0], expected the beginning before the end")},
    {"OffsetIsNegative", header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1),
     header_error("tensor 'a' has -1 in 'data_offsets', expected two integers of 0 or more")},
    {"RangeBeyondTheFile", header(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 12),
     header_error("tensor 'a' ends at byte 16 of the data, but the file has only 12")},
    {"RangeFarBeyondTheFile",
     header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}})",
            1),
     header_error("tensor 'a' ends at byte 18446744073709551615 of the data, but the file has only 1")},
    {"RangesOverlap",
     header(
         R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
         3),
     header_error("tensor 'b' overlaps tensor 'a'")},
    {"RangesAreTheSame",
     header(
         R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
         2),
     header_error("tensor 'b' overlaps tensor 'a'")},
    {"HoleBetweenTensors",
     header(
         R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
         3),
     header_error("tensor 'b' begins at byte 2 of the data, but the bytes from 1 belong to no tensor")},
    {"HoleAtTheEnd", header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 5),
     header_error("data has 5 bytes, but its tensors end at byte 1")},
    {"NameThatFloodsTheScreen", header("{\"" + std::string(100'000, 'x') + "\":1}"),
     header_error("tensor '" + std::string(80, 'x') + "...' is 1, expected an object")},
    {"NameThatDrivesTheTerminal", header(R"({"\u001b[2J":1})"),
     header_error("tensor '\\u001b[2J' is 1, expected an object")},
};

/// A model whose config.json is this text.
std::function<void(const fs::path&)> config_text(std::string text) {
  return [text](const fs::path& directory) { write_file_atomically(directory / "config.json", text); };
}

/// A model whose config.json is right but for `changes`; a key changed to null is taken out.
std::function<void(const fs::path&)> config(const json& changes) {
  json object = json::parse(test::small_config("bert", HeadKind::classification).to_json());
  object.merge_patch(changes);
  return config_text(object.dump());
}

std::string config_error(const std::string& message) {
  return "DIR/config.json: " + message;
}

const Row kConfigRows[] = {
    {"NoConfig", [](const fs::path&) {}, config_error("cannot open: No such file or directory")},
    {"ConfigIsADirectory", [](const fs::path& directory) { fs::create_directory(directory / "config.json"); },
     config_error("cannot open: Is a directory")},
    {"ConfigIsEmpty", config_text(""), "DIR/config.json:1: not valid JSON"},
    {"ConfigIsCutOff", config_text("{\n\"hidden_size\": 4,\n"), "DIR/config.json:3: not valid JSON"},
    {"ConfigIsNotUtf8", config_text("{\n\"a\": \"\xc3\x28\"}"), "DIR/config.json:2: not valid UTF-8"},
    {"ConfigIsAnArray", config_text("[]"), config_error("found an array, expected an object")},
    {"ConfigHasAKeyTwice", config_text(R"({"hidden_size": 4, "hidden_size": 8})"),
     config_error("key 'hidden_size' appears twice")},
    {"ConfigIsNestedDeep", config_text(std::string(100'000, '[')),
     config_error("JSON is nested deeper than 64 levels")},
    {"ConfigNumberOverflows", config_text(R"({"hidden_size": 1e999})"),
     config_error("not valid JSON: number out of range")},
    {"SizeMissing", config({{"hidden_size", nullptr}}), config_error("'hidden_size' is missing")},
    {"SizeIsText", config({{"hidden_size", "4"}}),
     config_error("'hidden_size' is \"4\", expected an integer from 1 to 67108864")},
    {"SizeIsFractional", config({{"vocab_size", 10.5}}),
     config_error("'vocab_size' is 10.5, expected an integer from 1 to 67108864")},
    {"SizeIsZero", config({{"intermediate_size", 0}}),
     config_error("'intermediate_size' is 0, expected an integer from 1 to 67108864")},
    {"SizeIsHuge", config({{"vocab_size", 18446744073709551615U}}),
     config_error("'vocab_size' is 18446744073709551615, expected an integer from 1 to 67108864")},
    {"TooManyLayers", config({{"num_hidden_layers", 1'000'000}}),
     config_error("'num_hidden_layers' is 1000000, expected an integer from 1 to 1024")},
    {"HeadsDoNotDivide", config({{"num_attention_heads", 3}}),
     config_error("'hidden_size' is 4, expected a multiple of 'num_attention_heads' (3)")},
    {"PadBeyondTheVocabulary", config({{"pad_token_id", 11}}),
     config_error("'pad_token_id' is 11, expected an integer from 0 to 10")},
    {"UsualPadBeyondTheVocabulary",
     config({{"architectures", {"RobertaModel"}}, {"vocab_size", 1}, {"pad_token_id", nullptr}}),
     config_error("'vocab_size' is 1, expected more than 1 (the usual 'pad_token_id')")},
    {"RobertaWithoutPositions",
     config({{"architectures", {"RobertaModel"}}, {"pad_token_id", 5}, {"max_position_embeddings", 6}}),
     config_error(
         "'max_position_embeddings' is 6, expected more than 6 (positions begin behind 'pad_token_id')")},
    {"ModelTypeUnknown", config({{"architectures", nullptr}, {"model_type", "gpt2"}}),
     config_error("'model_type' is \"gpt2\", expected \"bert\", \"camembert\", \"distilbert\", \"electra\", "
                  "\"mpnet\", \"roberta\" or \"xlm-roberta\"")},
    {"ModelTypeMissing", config({{"architectures", nullptr}, {"model_type", nullptr}}),
     config_error("'model_type' is missing")},
    {"ArchitecturesAreNoArray", config({{"architectures", "BertModel"}}),
     config_error("'architectures' is \"BertModel\", expected an array of class names")},
    {"ActivationUnknown", config({{"hidden_act", "mish"}}),
     config_error(
         "'hidden_act' is \"mish\", expected \"gelu\", \"gelu_new\", \"gelu_pytorch_tanh\", \"relu\", "
         "\"silu\" or \"swish\"")},
    {"PositionsUnknown", config({{"position_embedding_type", "relative_key"}}),
     config_error("'position_embedding_type' is \"relative_key\", expected \"absolute\"")},
    {"IsADecoder", config({{"is_decoder", true}}), config_error("'is_decoder' is true, expected false")},
    {"DropoutBeyondOne", config({{"hidden_dropout_prob", 1.5}}),
     config_error("'hidden_dropout_prob' is 1.5, expected a number from 0 to 1")},
    {"LabelsWithAGap", config({{"id2label", {{"1", nullptr}, {"3", "d"}}}}),
     config_error("'id2label' has the key '3', expected 0 to 2")},
    {"LabelIsAnArray", config({{"id2label", {{"1", {5}}}}}),
     config_error("'id2label' has an array for label 1, expected its name")},
    {"RegressionOfThree", config({{"problem_type", "regression"}}),
     config_error("'problem_type' is \"regression\", expected one label with it, not 3")},
    {"UnknownProblem", config({{"problem_type", "ranking"}}),
     config_error("'problem_type' is \"ranking\", expected \"single_label_classification\", "
                  "\"multi_label_classification\" or \"regression\"")},
    {"SkimSettingsAreNoObject", config({{"transkimmer", 1}}),
     config_error("'transkimmer' is 1, expected an object")},
    {"ProtectionUnknown", config({{"transkimmer", {{"protect", "answer"}}}}),
     config_error("'transkimmer.protect' is \"answer\", expected \"first_token\", \"question\" or "
                  "\"none\"")},
    {"SemanticsUnknown", config({{"transkimmer", {{"semantics", "soft"}}}}),
     config_error("'transkimmer.semantics' is \"soft\", expected \"removal\" or \"original\"")},
    {"PredictorSizeIsZero", config({{"transkimmer", {{"predictor_size", 0}}}}),
     config_error("'transkimmer.predictor_size' is 0, expected an integer from 1 to 67108864")},
};

/// A right model, with predictors, but for what `edit` does to its tensors.
std::function<void(const fs::path&)> weights(std::function<void(EditableTensors&)> edit) {
  return [edit](const fs::path& directory) {
    ModelConfig model = test::small_config("bert", HeadKind::classification);
    model.skim = {.enabled = true, .predictor_size = 3};
    test::make_edited_model(directory, model, edit);
  };
}

/// A model whose tensors are in shards that an index with this weight_map names.
std::function<void(const fs::path&)> index(const std::string& text) {
  return [text](const fs::path& directory) {
    test::small_config("bert", HeadKind::classification).save(directory);
    write_file_atomically(directory / "model.safetensors.index.json", text);
    const std::byte byte{};
    const std::vector<TensorToWrite> tensors = {
        {.name = "a", .dtype = DType::u8, .shape = {1}, .data = {&byte, 1}}};
    write_safetensors(directory / "one.safetensors", tensors);
    write_safetensors(directory / "two.safetensors", tensors);
  };
}

const Row kWeightRows[] = {
    {"NoWeights",
     [](const fs::path& directory) { test::small_config("bert", HeadKind::none).save(directory); },
     "DIR: has neither model.safetensors nor model.safetensors.index.json"},
    {"OnlyAPyTorchFile",
     [](const fs::path& directory) {
       test::small_config("bert", HeadKind::none).save(directory);
       write_file_atomically(directory / "pytorch_model.bin", "");
     },
     "DIR: has pytorch_model.bin but no model.safetensors; fine-tuning reads the former, this needs the "
     "latter"},
    {"WeightMissing",
     weights([](EditableTensors& tensors) { tensors.erase("bert.encoder.layer.1.output.dense.bias"); }),
     "DIR/model.safetensors: tensor 'bert.encoder.layer.1.output.dense.bias' is missing, expected with shape "
     "[4]"},
    {"HeadMissing", weights([](EditableTensors& tensors) { tensors.erase("classifier.weight"); }),
     "DIR/model.safetensors: tensor 'classifier.weight' is missing, expected with shape [3, 4]"},
    {"OnePredictorMissing", weights([](EditableTensors& tensors) {
       std::erase_if(tensors, [](const auto& each) {
         return each.first.starts_with("bert.encoder.skim_predictors.1.");
       });
     }),
     "DIR/model.safetensors: tensor 'bert.encoder.skim_predictors.1.predictor.0.weight' is missing, expected "
     "with "
     "shape [4]"},
    {"WrongShape", weights([](EditableTensors& tensors) {
       tensors["classifier.weight"].shape = {4, 3};
     }),
     "DIR/model.safetensors: tensor 'classifier.weight' has shape [4, 3], expected [3, 4]"},
    {"WrongRank", weights([](EditableTensors& tensors) {
       tensors["classifier.bias"].shape = {3, 1};
     }),
     "DIR/model.safetensors: tensor 'classifier.bias' has shape [3, 1], expected [3]"},
    {"WrongType", weights([](EditableTensors& tensors) { tensors["classifier.bias"].dtype = DType::i32; }),
     "DIR/model.safetensors: tensor 'classifier.bias' has type I32, expected a floating-point type"},
    {"LayerTooMany", weights([](EditableTensors& tensors) {
       tensors["bert.encoder.layer.2.output.dense.bias"] = tensors["bert.encoder.layer.1.output.dense.bias"];
     }),
     "DIR/model.safetensors: tensor 'bert.encoder.layer.2.output.dense.bias' is unknown: this configuration "
     "has no "
     "such weight"},
    {"UnknownTensor",
     weights([](EditableTensors& tensors) { tensors["extra.bias"] = tensors["classifier.bias"]; }),
     "DIR/model.safetensors: tensor 'extra.bias' is unknown: this configuration has no such weight"},
    {"SameWeightUnderTwoNames", weights([](EditableTensors& tensors) {
       tensors["pooler.dense.bias"] = tensors["bert.pooler.dense.bias"];
     }),
     "DIR/model.safetensors: tensor 'pooler.dense.bias' is the same weight as tensor "
     "'bert.pooler.dense.bias'"},
    {"FileCutOff",
     [](const fs::path& directory) {
       weights([](EditableTensors&) {})(directory);
       fs::resize_file(directory / "model.safetensors", fs::file_size(directory / "model.safetensors") - 1);
     },
     "DIR/model.safetensors: tensor 'classifier.weight' ends at byte 2036 of the data, but the file has only "
     "2035"},
    {"IndexWithoutMap", index("{}"),
     "DIR/model.safetensors.index.json: 'weight_map' is missing, expected an object"},
    {"IndexIsAList", index("[1]"),
     "DIR/model.safetensors.index.json: 'weight_map' is missing, expected an object"},
    {"IndexMapsToANumber", index(R"({"weight_map": {"a": 1}})"),
     "DIR/model.safetensors.index.json: tensor 'a' is in 1, expected a file name"},
    {"IndexLeadsElsewhere", index(R"({"weight_map": {"a": "../../secret"}})"),
     "DIR/model.safetensors.index.json: tensor 'a' is in '../../secret', expected the name of a file beside "
     "it"},
    {"ShardMissing", index(R"({"weight_map": {"a": "three.safetensors"}})"),
     "DIR/three.safetensors: cannot open: No such file or directory"},
    {"TensorInTwoShards", index(R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})"),
     "DIR/two.safetensors: tensor 'a' is in one.safetensors as well"},
    {"TensorInNoShard", index(R"({"weight_map": {"a": "one.safetensors", "b": "one.safetensors"}})"),
     "DIR/one.safetensors: tensor 'b' is missing, but model.safetensors.index.json says it is here"},
};

class MalformedModel : public testing::TestWithParam<Row> {};

TEST_P(MalformedModel, IsAnsweredWithThisMessage) {
  const test::TemporaryDirectory directory;
  GetParam().make(directory.path());
  std::string message = "no error";
  try {
    ModelConfig model = ModelConfig::load(directory.path());
    ModelWeights::load(directory.path(), model, {});
  } catch (const Error& error) {
    message = error.what();
  }
  const std::string path = directory.path().string();
  for (std::size_t at = message.find(path); at != message.npos; at = message.find(path))
    message.replace(at, path.size(), "DIR");
  EXPECT_EQ(message, GetParam().message);
}

std::string row_name(const testing::TestParamInfo<Row>& each) {
  return each.param.name;
}
void PrintTo(const Row& row, std::ostream* stream) {
  *stream << row.name;
}

INSTANTIATE_TEST_SUITE_P(Safetensors, MalformedModel, testing::ValuesIn(kSafetensorsRows), row_name);
INSTANTIATE_TEST_SUITE_P(Config, MalformedModel, testing::ValuesIn(kConfigRows), row_name);
INSTANTIATE_TEST_SUITE_P(Weights, MalformedModel, testing::ValuesIn(kWeightRows), row_name);

}  // namespace
}  // namespace transkimmer
