#include "onnx_export/export_onnx.h"

#include <cstdint>
#include <limits>
#include <string>

#include <onnx/onnx_pb.h>

#include "base/files/file.h"
#include "model_files/model_directory.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "onnx_export/encoder_graph.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// LayerNormalization is an operation of its own from opset 17 on; files with it have version 8.
constexpr std::int64_t kOpset = 17;
constexpr std::int64_t kFileVersion = 8;

onnx::ModelProto dense_model(const ModelConfig& config, const ModelWeights& weights, OnnxProducts products) {
  onnx::ModelProto model;
  model.set_ir_version(kFileVersion);
  model.set_producer_name("transkimmer");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  build_encoder_graph(config.spec(), weights, products, *model.mutable_graph());
  return model;
}

}  // namespace

void export_onnx(const std::filesystem::path& source, const std::filesystem::path& destination,
                 OnnxProducts products) {
  ModelConfig config = ModelConfig::load(source);
  const ModelWeights weights =
      ModelWeights::load(source, config, {.predictors = false, .head = has_task_head(config)});
  config.skim.enabled = false;
  const onnx::ModelProto model = dense_model(config, weights, products);
  if (model.ByteSizeLong() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw UsageError(source.string() + ": has more weights than the 2 GiB that an ONNX file can hold");
  make_directory(destination);
  write_file_atomically(destination / "model.onnx",
                        [&](std::ostream& out) { model.SerializeToOstream(&out); });
  if (std::error_code ignored; !std::filesystem::equivalent(source, destination, ignored)) {
    copy_tokenizer_files(source, destination);
    copy_sentence_modules(source, destination);
    config.save(destination);
  }
}

}  // namespace transkimmer
