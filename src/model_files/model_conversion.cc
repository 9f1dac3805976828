#include "model_files/model_conversion.h"

#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "model_files/config/model_config.h"
#include "model_files/json/json.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/weight_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool is_floating(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

/// As PyTorch and config.json name it.
const char* torch_name(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return "float16";
    case DType::bf16:
      return "bfloat16";
    default:
      return "float32";
  }
}

std::vector<std::byte> converted(const LoadedTensors& loaded, const std::string& name, DType dtype) {
  try {
    return from_floats(to_floats(loaded.tensors.at(name)), dtype);
  } catch (const FormatError& error) {
    const auto file = loaded.origins.find(name);
    throw FormatError(fmt::format("{}: tensor {}: {}",
                                  file == loaded.origins.end() ? loaded.origin : file->second,
                                  in_quotes(name), error.what()));
  }
}

void write_weights(const LoadedTensors& loaded, const std::filesystem::path& path, DType dtype) {
  std::vector<std::vector<std::byte>> owned;
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, tensor] : loaded.tensors) {
    if (!is_floating(tensor.dtype)) {
      tensors.push_back({name, tensor.dtype, tensor.shape, tensor.data});
      continue;
    }
    owned.push_back(converted(loaded, name, dtype));
    tensors.push_back({name, dtype, tensor.shape, owned.back()});
  }
  write_safetensors(path, tensors);
}

}  // namespace

void convert_model(const std::filesystem::path& source, const std::filesystem::path& destination,
                   DType dtype) {
  std::error_code ignored;
  if (std::filesystem::equivalent(source, destination, ignored))
    throw UsageError(destination.string() + ": is the model itself, expected another directory");
  ModelConfig config = ModelConfig::load(source);
  const LoadedTensors loaded = load_weight_files(source);
  ModelWeights::match(loaded, config, {.predictors = false, .head = false});  // throws when it is damaged
  nlohmann::json settings = read_json(source / "config.json");
  // transformers names it "dtype" since version 4.56, and reads both.
  settings[settings.contains("dtype") ? "dtype" : "torch_dtype"] = torch_name(dtype);
  if (settings.contains("dtype")) settings.erase("torch_dtype");
  make_directory(destination);
  write_weights(loaded, destination / "model.safetensors", dtype);
  copy_tokenizer_files(source, destination);
  copy_sentence_modules(source, destination);
  write_file_atomically(destination / "config.json", settings.dump(2) + "\n");
}

}  // namespace transkimmer
