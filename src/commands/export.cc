#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/output.h"
#include "model_files/model_conversion.h"

namespace transkimmer {
namespace {

struct ExportOptions {
  std::filesystem::path model;
  std::filesystem::path output_dir;
  std::string dtype = "f16";
};

DType dtype_named(const std::string& name) {
  if (name == "f16") return DType::f16;
  return name == "bf16" ? DType::bf16 : DType::f32;
}

void run_export(const ExportOptions& options) {
  convert_model(options.model, options.output_dir, dtype_named(options.dtype));
  const auto bytes = std::filesystem::file_size(options.output_dir / "model.safetensors");
  std::cout << fmt::format("{}: weights in {}, {} bytes\n", options.output_dir.string(), options.dtype,
                           with_separators(bytes));
}

}  // namespace

void add_export_command(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App& command =
      *app.add_subcommand("export",
                          "Write a model again with its weights in another type: half the size in f16 or "
                          "bf16. Every command reads "
                          "all three types, and computes the same in each once they are loaded.");
  add_model_option(command, options->model);
  const OptionGroup group(command, output_group);
  group.value("--output-dir", options->output_dir, "DIR", "Where the model goes; created if needed")
      ->required();
  group.word("--dtype", options->dtype, {"f32", "f16", "bf16"}, "Type of the weights in the file");
  command.footer("Example:\n  transkimmer export --model my-model --dtype f16 --output-dir my-model-half");
  command.callback([options] { run_export(*options); });
}

}  // namespace transkimmer
