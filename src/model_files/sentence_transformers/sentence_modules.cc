#include "model_files/sentence_transformers/sentence_modules.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/plain_name.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr IntegerRange kSizes = {1, 1 << 26};

}  // namespace

std::vector<SentenceModule> read_module_list(const fs::path& file) {
  const std::string origin = file.string();
  const json list = read_json(file);
  if (!list.is_array())
    throw FormatError(fmt::format("{}: found {}, expected an array", origin, shown(list)));
  std::vector<SentenceModule> modules;
  for (const json& entry : list) {
    if (!entry.is_object())
      throw FormatError(fmt::format("{}: found {}, expected an object", origin, shown(entry)));
    const JsonFields fields(entry, origin);
    const std::string type = fields.string("type").value_or("");
    const std::string path = fields.string("path").value_or("");
    if (!path.empty() && !is_plain_name(path)) fields.fail("path", path, "the name of a folder beside it");
    modules.push_back({path, type.substr(type.rfind('.') + 1)});
  }
  return modules;
}

namespace {

json read_settings(const fs::path& file) {
  json settings = read_json(file);
  if (!settings.is_object())
    throw FormatError(fmt::format("{}: found {}, expected an object", file.string(), shown(settings)));
  return settings;
}

/// A mode as files name it: since version 6, and before it by a flag of its own.
struct ModeNames {
  std::string_view name;
  const char* flag;
  Pooling mode;
};
constexpr std::array<ModeNames, 6> kModes = {
    {{"cls", "pooling_mode_cls_token", Pooling::first},
     {"max", "pooling_mode_max_tokens", Pooling::max},
     {"mean", "pooling_mode_mean_tokens", Pooling::mean},
     {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt_length},
     {"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::weighted_mean},
     {"lasttoken", "pooling_mode_lasttoken", Pooling::last}}};

Pooling mode_named(const JsonFields& fields, const json& name) {
  for (const ModeNames& one : kModes)
    if (name == one.name) return one.mode;
  fields.fail("pooling_mode", name, "cls, max, mean, mean_sqrt_len_tokens, weightedmean or lasttoken");
}

/// In the order in which results stand side by side.
std::vector<Pooling> read_modes(const JsonFields& fields) {
  std::vector<Pooling> modes;
  if (const json* const named = fields.find("pooling_mode")) {
    if (!named->is_array()) return {mode_named(fields, *named)};
    for (const json& name : *named) modes.push_back(mode_named(fields, name));
  } else {
    for (const ModeNames& one : kModes)
      if (fields.boolean(one.flag, false)) modes.push_back(one.mode);
    if (modes.empty()) modes.push_back(Pooling::mean);  // as the package does
  }
  if (modes.empty()) fields.fail_because("pooling_mode", "names none, expected at least one");
  return modes;
}

std::vector<Pooling> read_pooling(const fs::path& file, std::int64_t hidden_size) {
  const std::string origin = file.string();
  const json settings = read_settings(file);
  const JsonFields fields(settings, origin);
  for (const char* const key : {"embedding_dimension", "word_embedding_dimension"})
    if (const std::int64_t width = fields.integer(key, kSizes, hidden_size); width != hidden_size)
      fields.fail(key, width, fmt::format("the hidden size, {}", hidden_size));
  if (!fields.boolean("include_prompt", true)) fields.fail("include_prompt", false, "true");
  return read_modes(fields);
}

Activation read_activation(const JsonFields& fields) {
  constexpr const char* kKey = "activation_function";
  const std::string name = fields.string(kKey).value_or("torch.nn.modules.activation.Tanh");
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  if (last == "Identity") return Activation::none;
  if (last == "Tanh") return Activation::tanh;
  if (last == "ReLU") return Activation::relu;
  fields.fail(kKey, name, "Identity, Tanh or ReLU of torch.nn");
}

HeadStep read_dense(const fs::path& directory, const std::string& folder, std::int64_t in) {
  const std::string origin = (directory / folder / "config.json").string();
  const json settings = read_settings(origin);
  const JsonFields fields(settings, origin);
  const std::int64_t stored = fields.required_integer("in_features", kSizes);
  if (stored != in) fields.fail("in_features", stored, fmt::format("{}, as wide as what it reads", in));
  return {.name = folder + ".linear",
          .out = fields.required_integer("out_features", kSizes),
          .activation = read_activation(fields),
          .biased = fields.boolean("bias", true)};
}

/// One module after the other, in the only order that we have: pooling, dense layers, normalisation.
void add_module(const fs::path& directory, const SentenceModule& module, std::int64_t hidden_size,
                HeadSpec& head) {
  const auto fail = [&](std::string_view expected) {
    throw FormatError(fmt::format("{}: has the module {}, expected {}", (directory / kModulesFile).string(),
                                  in_quotes(module.type), expected));
  };
  if (module.type == "Transformer" && head.pooling.empty()) return;
  if (module.type == "Dropout") return;
  if (head.normalize) fail("none behind Normalize");
  if (module.type == "Pooling") {
    if (!head.pooling.empty()) fail("Pooling once");
    head.pooling = read_pooling(directory / module.path / "config.json", hidden_size);
  } else if (head.pooling.empty()) {
    fail("Pooling behind Transformer");
  } else if (module.type == "Dense") {
    const std::int64_t in = head.steps.empty() ? head.width(hidden_size) : head.steps.back().out;
    head.steps.push_back(read_dense(directory, module.path, in));
  } else if (module.type == "Normalize") {
    head.normalize = true;
  } else {
    fail("Transformer, Pooling, Dense, Dropout or Normalize");
  }
}

}  // namespace

std::optional<HeadSpec> read_sentence_modules(const fs::path& directory, std::int64_t hidden_size) {
  if (!path_exists(directory / kModulesFile)) return std::nullopt;
  HeadSpec head;
  head.kind = HeadKind::embedding;
  const std::vector<SentenceModule> modules = read_module_list(directory / kModulesFile);
  if (std::ranges::find(modules, kSpladeModule, &SentenceModule::type) != modules.end()) return std::nullopt;
  for (const SentenceModule& module : modules) add_module(directory, module, hidden_size, head);
  if (head.pooling.empty()) return std::nullopt;
  const bool first_alone = head.pooling == std::vector{Pooling::first};
  head.reads = first_alone ? Reads::first : Reads::pooled;
  if (first_alone) head.pooling.clear();
  return head;
}

std::string module_folder(const HeadStep& step) {
  return step.name.substr(0, step.name.rfind('.'));
}

namespace {

/// As versions before 6 write it, which newer ones read.
json pooling_settings(const HeadSpec& head, std::int64_t hidden_size) {
  json settings = {{"word_embedding_dimension", hidden_size}};
  for (const ModeNames& one : kModes)
    settings[one.flag] = head.reads == Reads::first
                             ? one.mode == Pooling::first
                             : std::ranges::find(head.pooling, one.mode) != head.pooling.end();
  return settings;
}

json dense_settings(const HeadStep& step, std::int64_t in) {
  std::string activation = "torch.nn.modules.linear.Identity";
  if (step.activation == Activation::tanh) activation = "torch.nn.modules.activation.Tanh";
  if (step.activation == Activation::relu) activation = "torch.nn.modules.activation.ReLU";
  return {{"in_features", in},
          {"out_features", step.out},
          {"bias", step.biased},
          {"activation_function", activation}};
}

/// Collects modules in their order.
class ModuleWriter {
 public:
  explicit ModuleWriter(fs::path directory) : directory_(std::move(directory)) { add("Transformer", ""); }

  void add(const std::string& type, const std::string& folder, const json& settings = {}) {
    const auto index = modules_.size();
    modules_.push_back({{"idx", index},
                        {"name", std::to_string(index)},
                        {"path", folder},
                        {"type", "sentence_transformers.models." + type}});
    if (folder.empty()) return;
    make_directory(directory_ / folder);
    if (!settings.is_null())
      write_file_atomically(directory_ / folder / "config.json", settings.dump(2) + "\n");
  }
  std::string numbered(const std::string& type) const { return fmt::format("{}_{}", modules_.size(), type); }
  void finish() const { write_file_atomically(directory_ / kModulesFile, modules_.dump(2) + "\n"); }

 private:
  fs::path directory_;
  json modules_ = json::array();
};

}  // namespace

void write_sentence_modules(const fs::path& directory, const HeadSpec& head, std::int64_t hidden_size) {
  ModuleWriter writer(directory);
  writer.add("Pooling", writer.numbered("Pooling"), pooling_settings(head, hidden_size));
  std::int64_t in = head.width(hidden_size);
  for (const HeadStep& step : head.steps) {
    writer.add("Dense", module_folder(step), dense_settings(step, in));
    in = step.out;
  }
  if (head.normalize) writer.add("Normalize", writer.numbered("Normalize"));
  writer.finish();
}

void copy_sentence_modules(const fs::path& source, const fs::path& destination) {
  if (!path_exists(source / kModulesFile)) return remove_recursively(destination / kModulesFile);
  std::vector<fs::path> files = {kModulesFile, "sentence_bert_config.json",
                                 "config_sentence_transformers.json"};
  for (const SentenceModule& module : read_module_list(source / kModulesFile))
    if (!module.path.empty())
      for (const char* const name : {"config.json", "model.safetensors"})
        files.push_back(fs::path(module.path) / name);
  for (const fs::path& file : files) {
    if (!path_exists(source / file)) continue;
    make_directory((destination / file).parent_path());
    write_file_atomically(destination / file, read_file(source / file));
  }
}

}  // namespace transkimmer
