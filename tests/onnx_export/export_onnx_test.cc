#include "onnx_export/export_onnx.h"

#include <fstream>

#include <gtest/gtest.h>
#include <onnx/checker.h>

#include "base/files/file.h"
#include "model_files/weights/model_weights.h"
#include "onnx_export/graph_interpreter.h"
#include "runtime/engine.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

struct Exported {
  std::string name;
  std::string architecture;
  HeadKind head;
  std::vector<std::string> labels;
  std::int64_t type_vocab_size = 0;  ///< 0: the usual
  Activation activation = Activation::gelu;

  friend std::ostream& operator<<(std::ostream& out, const Exported& exported) {
    return out << exported.name;
  }
};

class ExportOnnx : public ::testing::TestWithParam<Exported> {
 protected:
  void SetUp() override {
    TinyModel tiny;
    tiny.architecture = GetParam().architecture;
    tiny.head = GetParam().head;
    tiny.labels = GetParam().labels;
    tiny.type_vocab_size = GetParam().type_vocab_size;
    tiny.activation = GetParam().activation;
    config_ = write_tiny_model(source(), tiny);
    model_ = exported(OnnxProducts::f32);
  }

  onnx::ModelProto exported(OnnxProducts products) const {
    export_onnx(source(), destination(), products);
    std::ifstream file(destination() / "model.onnx", std::ios::binary);
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromIstream(&file));
    return model;
  }

  std::filesystem::path source() const { return directory_.path() / "model"; }
  std::filesystem::path destination() const { return directory_.path() / "onnx"; }
  bool has_types() const { return config_.type_vocab_size > 1; }
  bool has_vocab_txt() const { return architecture_of(GetParam().architecture).padding_id == 0; }

  /// Sequences of `lengths`, with random ids above the special ones, and padding tokens as a text may spell
  /// them out; the second half of each is of type 1.
  RaggedBatch batch(const std::vector<std::int64_t>& lengths) const {
    torch::manual_seed(7);
    RaggedBatch batch;
    for (const std::int64_t length : lengths) {
      const Tensor random = torch::randint(5, config_.vocab_size, {length}, torch::kInt);
      for (std::int64_t token = 3; token < length; token += 7)
        random[token] = static_cast<std::int32_t>(config_.pad_token_id);
      std::vector<std::int32_t> types(static_cast<std::size_t>(length), 0);
      if (has_types()) std::fill(types.begin() + length / 2, types.end(), 1);
      batch.add({random.data_ptr<std::int32_t>(), static_cast<std::size_t>(length)}, types);
    }
    return batch;
  }

  NamedTensors padded(const RaggedBatch& ragged, std::int64_t longest) const {
    const auto rows = static_cast<std::int64_t>(ragged.sequences());
    const Tensor ids = torch::full({rows, longest}, config_.pad_token_id, torch::kLong);
    const Tensor mask = torch::zeros_like(ids), types = torch::zeros_like(ids);
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::uint32_t begin = ragged.starts[static_cast<std::size_t>(row)];
      const std::uint32_t end = ragged.starts[static_cast<std::size_t>(row) + 1];
      for (std::uint32_t token = begin; token < end; ++token) {
        ids[row][token - begin] = ragged.ids[token];
        types[row][token - begin] = ragged.type_ids[token];
        mask[row][token - begin] = 1;
      }
    }
    NamedTensors inputs{{"input_ids", ids}, {"attention_mask", mask}};
    if (has_types()) inputs["token_type_ids"] = types;
    return inputs;
  }

  bool reads_whole_texts() const { return config_.spec().head.reads != Reads::each; }

  /// The outputs for real tokens, as the engine orders them.
  Tensor outputs(const NamedTensors& values) const {
    const bool spans = GetParam().head == HeadKind::question_answering;
    if (!spans && reads_whole_texts()) return values.at("logits").reshape({-1});
    const Tensor of_tokens =
        spans ? torch::stack({values.at("start_logits"), values.at("end_logits")}, -1) : values.at("logits");
    return of_tokens.index({values.at("attention_mask").to(torch::kBool)}).reshape({-1});
  }

  TemporaryDirectory directory_;
  ModelConfig config_;
  onnx::ModelProto model_;
};

TEST_P(ExportOnnx, ComputesWhatTheDenseRuntimeComputes) {
  EngineOptions dense;
  dense.skimming = false;
  dense.threads = 1;
  const RaggedBatch ragged = batch({17, 3, 40, 1});
  const std::vector<float> expected = Engine::load(source(), dense).run(ragged).logits;
  const Tensor found = outputs(run_graph(model_.graph(), padded(ragged, 40))).contiguous();
  ASSERT_EQ(static_cast<std::size_t>(found.numel()), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(found.data_ptr<float>()[i], expected[i], 1e-4) << i;
}

/// Two layers of products whose operands have 255 steps: a few hundredths of the outputs' spread, not more.
TEST_P(ExportOnnx, QuantizedStaysNearF32) {
  const onnx::ModelProto quantized = exported(OnnxProducts::int8);
  EXPECT_NO_THROW(onnx::checker::check_model(quantized));
  // Enough sequences that a single number which happens to be near 0 does not decide.
  const NamedTensors inputs = padded(batch({17, 3, 40, 1, 25, 9, 33, 12, 5, 28, 19, 7}), 40);
  const Tensor exact = outputs(run_graph(model_.graph(), inputs));
  const Tensor rounded = outputs(run_graph(quantized.graph(), inputs));
  const float error = (exact - rounded).norm().item<float>() / exact.norm().item<float>();
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.05F);
}

TEST_P(ExportOnnx, QuantizedWeightsTakeAByteEach) {
  const onnx::ModelProto quantized = exported(OnnxProducts::int8);
  std::size_t matrices = 0;
  for (const auto& tensor : quantized.graph().initializer()) {
    if (tensor.name().find("encoder.layer") == std::string::npos || tensor.dims_size() != 2) continue;
    EXPECT_EQ(tensor.data_type(), onnx::TensorProto::INT8) << tensor.name();
    ++matrices;
  }
  EXPECT_EQ(matrices, 6 * static_cast<std::size_t>(config_.num_hidden_layers));
}

TEST_P(ExportOnnx, PassesTheCheckerOfOnnx) {
  EXPECT_NO_THROW(onnx::checker::check_model(model_));
}

TEST_P(ExportOnnx, NamesInputsAndOutputsAsTransformersDoes) {
  std::vector<std::string> inputs, outputs;
  for (const auto& input : model_.graph().input()) inputs.push_back(input.name());
  for (const auto& output : model_.graph().output()) outputs.push_back(output.name());
  std::sort(inputs.begin(), inputs.end());
  const std::vector<std::string> without = {"attention_mask", "input_ids"};
  const std::vector<std::string> with_types = {"attention_mask", "input_ids", "token_type_ids"};
  EXPECT_EQ(inputs, has_types() ? with_types : without);
  const std::vector<std::string> spans = {"start_logits", "end_logits"};
  EXPECT_EQ(outputs,
            GetParam().head == HeadKind::question_answering ? spans : std::vector<std::string>{"logits"});
}

TEST_P(ExportOnnx, WritesTokenizerAndConfigBesideTheGraph) {
  const ModelConfig config = ModelConfig::load(destination());
  EXPECT_EQ(config.labels, config_.labels);
  EXPECT_FALSE(config.skim.enabled);
  EXPECT_TRUE(path_exists(destination() / (has_vocab_txt() ? "vocab.txt" : "merges.txt")));
}

const std::vector<std::string> kTwo = {"negative", "positive"};

std::vector<Exported> every_architecture() {
  std::vector<Exported> cases;
  for (const std::string& name : test::every_architecture()) {
    cases.push_back({in_test_name(name) + "_classifier", name, HeadKind::classification, {"a", "b", "c"}});
    cases.push_back({in_test_name(name) + "_regression", name, HeadKind::regression, {"score"}});
    cases.push_back({in_test_name(name) + "_questions", name, HeadKind::question_answering, kTwo});
    cases.push_back(
        {in_test_name(name) + "_tokens", name, HeadKind::token_classification, {"O", "B-PER", "I-PER"}});
    cases.push_back({in_test_name(name) + "_masks", name, HeadKind::masked_lm, {}});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Architectures, ExportOnnx, ::testing::ValuesIn(every_architecture()),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(
    Models, ExportOnnx,
    ::testing::Values(Exported{"RobertaOfTwoTypes", "roberta", HeadKind::classification, kTwo, 2},
                      Exported{"BertOfGeluTanh", "bert", HeadKind::classification, kTwo, 0,
                               Activation::gelu_tanh},
                      Exported{"BertOfRelu", "bert", HeadKind::classification, kTwo, 0, Activation::relu},
                      Exported{"BertOfSilu", "bert", HeadKind::classification, kTwo, 0, Activation::silu}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace transkimmer::test
