#include "model_files/sentence_transformers/cross_encoder.h"

#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/json/settings_file.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr const char* kSection = "sentence_transformers";
constexpr const char* kActivation = "activation_fn";
constexpr const char* kOldActivation = "sbert_ce_default_activation_function";
constexpr const char* kSigmoid = "torch.nn.modules.activation.Sigmoid";

std::optional<ScoreActivation> read_activation(const JsonFields& fields, const char* key) {
  const std::optional<std::string> name = fields.string(key);
  if (!name) return std::nullopt;
  const std::string_view last = std::string_view(*name).substr(name->rfind('.') + 1);
  if (last == "Sigmoid") return ScoreActivation::sigmoid;
  if (last == "Identity") return ScoreActivation::identity;
  fields.fail(key, *name, "Sigmoid or Identity of torch.nn");
}

std::optional<ScoreActivation> find_in(const json& root, const std::string& origin) {
  const JsonFields fields(root, origin);
  if (const json* const section = fields.find(kSection); section != nullptr && section->is_object()) {
    const JsonFields own(*section, origin, std::string(kSection) + ".");
    if (const auto found = read_activation(own, kActivation)) return found;
  }
  return read_activation(fields, kOldActivation);
}

}  // namespace

std::optional<ScoreActivation> find_score_activation(std::string_view config_json,
                                                     const std::string& origin) {
  return find_in(parse_json(config_json, origin), origin);
}

std::optional<std::string> with_cross_encoder_settings(const std::filesystem::path& directory,
                                                       std::string_view config_json) {
  const auto file = SettingsFile::read(directory / "config_sentence_transformers.json");
  if (!file) return std::nullopt;
  const JsonFields fields = file->fields();
  if (fields.string("model_type") != "CrossEncoder") return std::nullopt;
  json root = parse_json(config_json, "config.json");
  const bool plain = read_activation(fields, kActivation) == ScoreActivation::identity;
  root[kSection] = {{kActivation, plain ? "torch.nn.modules.linear.Identity" : kSigmoid}};
  return root.dump();
}

void write_score_activation(HeadKind head, json& root) {
  if (head == HeadKind::reranking && !find_in(root, "config.json")) {
    if (!root[kSection].is_object()) root[kSection] = json::object();
    root[kSection][kActivation] = kSigmoid;
  }
  if (head != HeadKind::regression) return;
  root.erase(kOldActivation);
  if (const auto section = root.find(kSection); section != root.end() && section->is_object())
    section->erase(kActivation);
}

}  // namespace transkimmer
