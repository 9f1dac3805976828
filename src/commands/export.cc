#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "model_files/config/model_config.h"
#include "model_files/model_conversion.h"
#include "onnx_export/export_onnx.h"

namespace transkimmer {
namespace {

struct ExportOptions {
  std::filesystem::path model;
  std::filesystem::path output_dir;
  std::string dtype = "f16";
  bool onnx = false;
  bool quantize = false;
  bool json = false;
};

/// What was written, after a look at it.
struct Exported {
  std::filesystem::path file;
  std::string weights;  ///< their type
  std::string summary;  ///< what a person is told, without the size
};

void report(const Exported& exported, const ExportOptions& options) {
  const auto bytes = std::filesystem::file_size(exported.file);
  if (options.json) {
    print_json({{"output_dir", options.output_dir.string()},
                {"file", exported.file.string()},
                {"weights", exported.weights},
                {"bytes", bytes}});
  } else {
    std::cout << fmt::format("{}, {} bytes\n", exported.summary, with_separators(bytes));
  }
}

DType dtype_named(const std::string& name) {
  if (name == "f16") return DType::f16;
  return name == "bf16" ? DType::bf16 : DType::f32;
}

void run_onnx_export(const ExportOptions& options) {
  export_onnx(options.model, options.output_dir, options.quantize ? OnnxProducts::int8 : OnnxProducts::f32);
  const auto file = options.output_dir / "model.onnx";
  if (ModelConfig::load(options.model).skim.enabled)
    notices_on_standard_error()(
        "ONNX has no way to remove tokens: the model is written without its skim predictors");
  const std::string weights = options.quantize ? "int8" : "f32";
  report({file, weights,
          fmt::format("{}: dense, {}", escaped(file.string()),
                      options.quantize ? "products in int8" : "in f32")},
         options);
}

void run_export(const ExportOptions& options) {
  convert_model(options.model, options.output_dir, dtype_named(options.dtype));
  report({options.output_dir / "model.safetensors", options.dtype,
          fmt::format("{}: weights in {}", escaped(options.output_dir.string()), options.dtype)},
         options);
}

}  // namespace

void add_export_command(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App& command =
      *app.add_subcommand("export",
                          "Write a model again with its weights in another type: half the size in f16 or "
                          "bf16. Every command reads all three types, and computes the same in each once "
                          "they are loaded. With --onnx write it for ONNX Runtime, dense.");
  add_model_option(command, options->model);
  const OptionGroup group(command, kOutputGroup);
  group.value("--output-dir", options->output_dir, "DIR", "Where the model goes; created if needed")
      ->required();
  CLI::Option* dtype =
      group.word("--dtype", options->dtype, {"f32", "f16", "bf16"}, "Type of the weights in the file");
  CLI::Option* onnx =
      group.flag("--onnx", options->onnx, "Write model.onnx instead: the dense model, in f32");
  onnx->excludes(dtype);
  group
      .flag("--quantize", options->quantize,
            "With --onnx: products in int8, quantised dynamically, weights per output channel")
      ->needs(onnx);
  add_json_option(command, options->json);
  command.footer(
      "Examples:\n  transkimmer export --model my-model --dtype f16 --output-dir my-model-half\n"
      "  transkimmer export --model my-model --onnx --output-dir my-model-onnx");
  command.callback([options] { options->onnx ? run_onnx_export(*options) : run_export(*options); });
}

}  // namespace transkimmer
