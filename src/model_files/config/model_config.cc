#include "model_files/config/model_config.h"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// Far above any model of this kind, and small enough that products of two never overflow.
constexpr IntegerRange kSizes = {1, 1 << 26};
constexpr IntegerRange kLayers = {1, 1024};
constexpr IntegerRange kLabels = {1, 1 << 20};
constexpr RealRange kProbabilities = {0.0, 1.0};
constexpr RealRange kAnyReal = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
constexpr RealRange kNotNegative = {0.0, std::numeric_limits<double>::max()};
constexpr RealRange kShares = {std::numeric_limits<double>::min(), 1.0};
constexpr RealRange kPositive = {std::numeric_limits<double>::min(), std::numeric_limits<double>::max()};

std::string_view class_prefix(Architecture architecture) {
  return architecture == Architecture::bert ? "Bert" : "Roberta";
}

std::string_view class_suffix(HeadKind head) {
  switch (head) {
    case HeadKind::none:
      return "Model";
    case HeadKind::classification:
    case HeadKind::regression:
      return "ForSequenceClassification";
    case HeadKind::question_answering:
      return "ForQuestionAnswering";
    case HeadKind::masked_lm:
      return "ForMaskedLM";
  }
  return "";
}

/// What a Hugging Face class name such as "BertForMaskedLM" says. Regression is told by the labels, not the
/// class.
struct ModelClass {
  Architecture architecture = Architecture::bert;
  HeadKind head = HeadKind::none;
  bool other_head = false;
};

std::optional<ModelClass> class_named(std::string_view name) {
  for (const Architecture architecture : {Architecture::bert, Architecture::roberta}) {
    if (!name.starts_with(class_prefix(architecture))) continue;
    for (const HeadKind head : {HeadKind::classification, HeadKind::question_answering, HeadKind::masked_lm})
      if (name.ends_with(class_suffix(head))) return ModelClass{architecture, head};
    const std::string_view rest = name.substr(class_prefix(architecture).size());
    return ModelClass{architecture, HeadKind::none, rest != class_suffix(HeadKind::none)};
  }
  return std::nullopt;
}

/// The first of "architectures", if it names a class we know.
std::optional<ModelClass> class_in(const JsonFields& fields) {
  const json* const architectures = fields.find("architectures");
  if (architectures == nullptr) return std::nullopt;
  if (!architectures->is_array() || (!architectures->empty() && !architectures->front().is_string()))
    fields.fail("architectures", *architectures, "an array of class names");
  if (architectures->empty()) return std::nullopt;
  return class_named(architectures->front().get<std::string>());
}

Architecture read_model_type(const JsonFields& fields) {
  const std::optional<std::string> type = fields.string("model_type");
  if (!type) fields.fail_missing("model_type");
  if (*type == "bert") return Architecture::bert;
  if (*type == "roberta") return Architecture::roberta;
  fields.fail("model_type", *type, "\"bert\" or \"roberta\"");
}

/// A computation other than ours must not pass for ours.
void reject_unsupported(const JsonFields& fields) {
  const auto expect = [&](const char* key, std::string_view supported) {
    const std::optional<std::string> value = fields.string(key);
    if (value && *value != supported) fields.fail(key, *value, fmt::format("\"{}\"", supported));
  };
  expect("hidden_act", "gelu");
  expect("position_embedding_type", "absolute");
  for (const char* const key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"})
    if (fields.boolean(key, false)) fields.fail(key, true, "false");
}

void read_sizes(const JsonFields& fields, ModelConfig& config) {
  config.vocab_size = fields.required_integer("vocab_size", kSizes);
  config.hidden_size = fields.required_integer("hidden_size", kSizes);
  config.num_hidden_layers = fields.required_integer("num_hidden_layers", kLayers);
  config.num_attention_heads = fields.required_integer("num_attention_heads", kSizes);
  config.intermediate_size = fields.required_integer("intermediate_size", kSizes);
  config.max_position_embeddings = fields.required_integer("max_position_embeddings", kSizes);
  config.type_vocab_size = fields.integer("type_vocab_size", kSizes, 2);
  const std::int64_t pad = config.architecture == Architecture::roberta ? 1 : 0;
  config.pad_token_id = fields.integer("pad_token_id", {0, config.vocab_size - 1}, pad);
  if (config.pad_token_id >= config.vocab_size)
    fields.fail("vocab_size", config.vocab_size,
                fmt::format("more than {} (RoBERTa's usual 'pad_token_id')", config.pad_token_id));
  if (config.hidden_size % config.num_attention_heads != 0)
    fields.fail("hidden_size", config.hidden_size,
                fmt::format("a multiple of 'num_attention_heads' ({})", config.num_attention_heads));
  if (config.max_tokens() < 1)
    fields.fail("max_position_embeddings", config.max_position_embeddings,
                fmt::format("more than {} (RoBERTa's positions begin behind 'pad_token_id')",
                            config.pad_token_id + 1));
}

void read_rates(const JsonFields& fields, ModelConfig& config) {
  config.layer_norm_eps = fields.real("layer_norm_eps", {0.0, 1.0}, config.layer_norm_eps);
  config.initializer_range = fields.real("initializer_range", kNotNegative, config.initializer_range);
  config.hidden_dropout_prob = fields.real("hidden_dropout_prob", kProbabilities, config.hidden_dropout_prob);
  config.attention_probs_dropout_prob =
      fields.real("attention_probs_dropout_prob", kProbabilities, config.attention_probs_dropout_prob);
  config.classifier_dropout = fields.real("classifier_dropout", kProbabilities, config.hidden_dropout_prob);
}

/// id2label maps "0", "1", ... to names, in any order.
std::vector<std::string> read_id2label(const JsonFields& fields, const json& id2label) {
  if (!id2label.is_object()) fields.fail("id2label", id2label, "an object");
  std::vector<std::optional<std::string>> named(id2label.size());
  for (const auto& [key, value] : id2label.items()) {
    const std::optional<std::int64_t> id = parse_integer(key);
    if (!id || *id < 0 || *id >= static_cast<std::int64_t>(named.size()) ||
        named[static_cast<std::size_t>(*id)])
      fields.fail_because("id2label",
                          fmt::format("has the key {}, expected 0 to {}", in_quotes(key), named.size() - 1));
    // Scripts that take labels as a table has them write numbers, and true and false.
    if (!value.is_string() && !value.is_number() && !value.is_boolean())
      fields.fail_because("id2label",
                          fmt::format("has {} for label {}, expected its name", shown(value), *id));
    named[static_cast<std::size_t>(*id)] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  std::vector<std::string> labels;
  for (std::optional<std::string>& label : named) labels.push_back(std::move(*label));
  return labels;
}

std::vector<std::string> read_labels(const JsonFields& fields, HeadKind head) {
  if (const json* const id2label = fields.find("id2label"); id2label != nullptr && !id2label->empty())
    return read_id2label(fields, *id2label);
  std::vector<std::string> labels;
  // Two labels are Hugging Face's default, but only a classifier has any use for them.
  const std::int64_t count = fields.integer("num_labels", kLabels, head == HeadKind::classification ? 2 : 0);
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

void read_head(const JsonFields& fields, ModelConfig& config) {
  config.labels = read_labels(fields, config.head);
  if (config.head != HeadKind::classification) return;
  const std::optional<std::string> problem = fields.string("problem_type");
  if (problem && *problem != "regression" && *problem != "single_label_classification")
    fields.fail("problem_type", *problem, "\"single_label_classification\" or \"regression\"");
  if (problem == "regression" && config.labels.size() != 1)
    fields.fail("problem_type", *problem, fmt::format("one label with it, not {}", config.labels.size()));
  if (config.labels.size() == 1) config.head = HeadKind::regression;
}

/// null counts as absent, here as with all keys.
bool has_skimming(const json& root) {
  const auto found = root.find("transkimmer");
  return found != root.end() && !found->is_null();
}

void read_skimming(const json& object, const std::string& origin, ModelConfig& config) {
  const JsonFields fields(object, origin, "transkimmer.");
  SkimConfig& skim = config.skim;
  skim.enabled = fields.boolean("enabled", true);
  // A model without predictors has no size to tell; 0 says so.
  skim.predictor_size = skim.enabled ? fields.integer("predictor_size", kSizes, config.hidden_size)
                                     : fields.integer("predictor_size", {0, kSizes.most}, 0);
  skim.threshold = fields.real("skim_threshold", kAnyReal, skim.threshold);
  skim.coefficient = fields.real("skim_coefficient", kNotNegative, skim.coefficient);
  if (fields.find("target_compute") != nullptr)
    skim.target_compute = fields.real("target_compute", kShares, 1.0);
  skim.temperature = fields.real("gumbel_temperature", kPositive, skim.temperature);
  if (const std::optional<std::string> protection = fields.string("protect")) {
    const std::optional<SkimProtection> named = protection_named(*protection);
    if (!named) fields.fail("protect", *protection, "\"first_token\", \"question\" or \"none\"");
    skim.protection = *named;
  }
  const std::optional<std::string> semantics = fields.string("semantics");
  if (!semantics) return;
  if (*semantics != name_of(SkimSemantics::removal) && *semantics != name_of(SkimSemantics::original))
    fields.fail("semantics", *semantics, "\"removal\" or \"original\"");
  skim.semantics =
      *semantics == name_of(SkimSemantics::original) ? SkimSemantics::original : SkimSemantics::removal;
}

}  // namespace

std::string_view name_of(Architecture architecture) {
  return architecture == Architecture::bert ? "bert" : "roberta";
}

std::string_view name_of(HeadKind head) {
  switch (head) {
    case HeadKind::none:
      return "none";
    case HeadKind::classification:
      return "classification";
    case HeadKind::regression:
      return "regression";
    case HeadKind::question_answering:
      return "question answering";
    case HeadKind::masked_lm:
      return "masked language modelling";
  }
  return "";
}

std::string_view name_of(SkimSemantics semantics) {
  return semantics == SkimSemantics::removal ? "removal" : "original";
}

std::string_view name_of(SkimProtection protection) {
  switch (protection) {
    case SkimProtection::first_token:
      return "first_token";
    case SkimProtection::question:
      return "question";
    case SkimProtection::none:
      return "none";
  }
  return "";
}

std::optional<SkimProtection> protection_named(std::string_view name) {
  for (const auto protection : {SkimProtection::first_token, SkimProtection::question, SkimProtection::none})
    if (name == name_of(protection)) return protection;
  return std::nullopt;
}

bool reads_first_token_only(HeadKind head) {
  return head == HeadKind::classification || head == HeadKind::regression;
}

std::int64_t ModelConfig::max_tokens() const {
  return architecture == Architecture::roberta ? max_position_embeddings - pad_token_id - 1
                                               : max_position_embeddings;
}

bool ModelConfig::mentions_skimming() const {
  return has_skimming(parse_json(other_json, "config.json"));
}

ModelConfig ModelConfig::parse(std::string_view text, const std::string& origin) {
  const json root = parse_json(text, origin);
  if (!root.is_object())
    throw FormatError(fmt::format("{}: found {}, expected an object", origin, shown(root)));
  const JsonFields fields(root, origin);
  ModelConfig config;
  if (const std::optional<ModelClass> model_class = class_in(fields)) {
    config.architecture = model_class->architecture;
    config.head = model_class->head;
    config.other_head = model_class->other_head;
  } else {
    config.architecture = read_model_type(fields);
  }
  reject_unsupported(fields);
  read_sizes(fields, config);
  read_rates(fields, config);
  read_head(fields, config);
  if (const json* const skimming = fields.find("transkimmer")) {
    if (!skimming->is_object()) fields.fail("transkimmer", *skimming, "an object");
    read_skimming(*skimming, origin, config);
  } else {
    config.skim.coefficient = fields.real("skim_coefficient", kNotNegative, 0.0);
  }
  config.other_json = root.dump();
  return config;
}

ModelConfig ModelConfig::load(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  return parse(read_downloaded_file(path, kMaxSettingsBytes), path.string());
}

void ModelConfig::save(const std::filesystem::path& directory) const {
  write_file_atomically(directory / "config.json", to_json());
}

namespace {

json skimming_to_json(const SkimConfig& skim, json object) {
  if (skim.enabled && skim.predictor_size < kSizes.least)
    throw Error(fmt::format("config.json: the skim predictors have size {}", skim.predictor_size));
  object["enabled"] = skim.enabled;
  object["predictor_size"] = skim.predictor_size;
  object["skim_threshold"] = skim.threshold;
  object["skim_coefficient"] = skim.coefficient;
  object.erase("target_compute");
  if (skim.target_compute) object["target_compute"] = *skim.target_compute;
  object["gumbel_temperature"] = skim.temperature;
  object["semantics"] = name_of(skim.semantics);
  object.erase("protect");
  if (skim.protection != SkimProtection::first_token) object["protect"] = name_of(skim.protection);
  return object;
}

/// Keeps the class that was there when it means the same ("BertForTokenClassification" is a BERT without our
/// head).
void write_class(const ModelConfig& config, json& root) {
  const HeadKind head = config.head == HeadKind::regression ? HeadKind::classification : config.head;
  const json& present = root["architectures"];
  if (present.is_array() && !present.empty() && present.front().is_string()) {
    const std::optional<ModelClass> model_class = class_named(present.front().get<std::string>());
    if (model_class && model_class->architecture == config.architecture && model_class->head == head) return;
  }
  root["architectures"] =
      json::array({fmt::format("{}{}", class_prefix(config.architecture), class_suffix(head))});
}

void write_labels(const ModelConfig& config, json& root) {
  root.erase("num_labels");
  root.erase("id2label");
  root.erase("label2id");
  for (std::size_t i = 0; i < config.labels.size(); ++i) {
    root["id2label"][std::to_string(i)] = config.labels[i];
    root["label2id"][config.labels[i]] = i;
  }
  if (config.head == HeadKind::regression) {
    root["problem_type"] = "regression";
  } else if (config.head == HeadKind::classification) {
    root["problem_type"] = "single_label_classification";
  }
}

void write_numbers(const ModelConfig& config, json& root) {
  root["vocab_size"] = config.vocab_size;
  root["hidden_size"] = config.hidden_size;
  root["num_hidden_layers"] = config.num_hidden_layers;
  root["num_attention_heads"] = config.num_attention_heads;
  root["intermediate_size"] = config.intermediate_size;
  root["max_position_embeddings"] = config.max_position_embeddings;
  root["type_vocab_size"] = config.type_vocab_size;
  root["pad_token_id"] = config.pad_token_id;
  root["layer_norm_eps"] = config.layer_norm_eps;
  root["initializer_range"] = config.initializer_range;
  root["hidden_dropout_prob"] = config.hidden_dropout_prob;
  root["attention_probs_dropout_prob"] = config.attention_probs_dropout_prob;
  if (config.classifier_dropout == config.hidden_dropout_prob) {
    root["classifier_dropout"] = nullptr;
  } else {
    root["classifier_dropout"] = config.classifier_dropout;
  }
}

}  // namespace

std::string ModelConfig::to_json() const {
  json root = parse_json(other_json, "config.json");
  root["model_type"] = name_of(architecture);
  root["hidden_act"] = "gelu";
  write_class(*this, root);
  write_numbers(*this, root);
  write_labels(*this, root);
  // A dense model stays a plain Hugging Face model, unless its config.json said in so many words that it is
  // dense.
  if (skim.enabled || has_skimming(root))
    root["transkimmer"] = skimming_to_json(skim, has_skimming(root) ? root["transkimmer"] : json::object());
  if (root.contains("skim_coefficient")) root["skim_coefficient"] = skim.coefficient;
  try {
    return root.dump(2) + "\n";
  } catch (const json::type_error&) {
    throw Error("config.json: a label is not valid UTF-8");
  }
}

}  // namespace transkimmer
