#include "model_files/config/model_config.h"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "model_files/architectures/architecture.h"
#include "model_files/config/activation_names.h"
#include "model_files/config/change_head.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/sentence_transformers/cross_encoder.h"
#include "model_files/sentence_transformers/sentence_modules.h"
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

/// What a Hugging Face class name such as "BertForMaskedLM" says. Regression is told by the labels, not the
/// class.
struct ModelClass {
  std::string_view model_type;
  HeadKind head = HeadKind::none;
  bool other_head = false;
};

/// Names are matched whole: RobertaPreLayerNormForMaskedLM is no RoBERTa.
std::optional<ModelClass> class_named(std::string_view name) {
  for (const Architecture& architecture : architectures()) {
    if (!name.starts_with(architecture.class_prefix)) continue;
    const std::string_view rest = name.substr(architecture.class_prefix.size());
    for (const HeadTraits& traits : head_table())
      if (rest == traits.class_ending) return ModelClass{architecture.model_type, traits.class_kind};
    if (rest.starts_with("For") || rest == "LMHeadModel" || rest == "PreTrainedModel")
      return ModelClass{architecture.model_type, HeadKind::none, true};
  }
  return std::nullopt;
}

/// The first of "architectures"; empty where there is none.
std::string class_in(const JsonFields& fields) {
  const json* const classes = fields.find("architectures");
  if (classes == nullptr) return {};
  if (!classes->is_array() || (!classes->empty() && !classes->front().is_string()))
    fields.fail("architectures", *classes, "an array of class names");
  return classes->empty() ? std::string() : classes->front().get<std::string>();
}

std::string read_model_type(const JsonFields& fields) {
  const std::optional<std::string> type = fields.string("model_type");
  if (!type) fields.fail_missing("model_type");
  if (find_architecture(*type) == nullptr) fields.fail("model_type", *type, architecture_names());
  return *type;
}

/// The class decides where it is one of ours, else model_type. A class of another making (BertAdapterModel)
/// has a head of its own.
void read_class(const JsonFields& fields, ModelConfig& config) {
  const std::string name = class_in(fields);
  if (const std::optional<ModelClass> known = class_named(name)) {
    config.model_type = known->model_type;
    config.head = known->head;
    config.other_head = known->other_head;
  } else {
    config.model_type = read_model_type(fields);
    config.other_head = name.starts_with(architecture_of(config.model_type).class_prefix);
  }
}

/// Reads values under the words of an architecture.
class SpelledFields {
 public:
  SpelledFields(const JsonFields& fields, const ModelConfig& config)
      : fields_(fields), architecture_(architecture_of(config.model_type)), head_(config.head) {}

  std::int64_t size(std::string_view key, IntegerRange range = kSizes) const {
    return fields_.required_integer(theirs(key).c_str(), range);
  }
  std::int64_t integer(std::string_view key, IntegerRange range, std::int64_t absent) const {
    const std::string name = theirs(key);
    return name.empty() ? absent : fields_.integer(name.c_str(), range, absent);
  }
  double real(std::string_view key, RealRange range, double absent) const {
    const std::string name = theirs(key);
    return name.empty() ? absent : fields_.real(name.c_str(), range, absent);
  }
  std::optional<std::string> string(std::string_view key) const {
    const std::string name = theirs(key);
    return name.empty() ? std::nullopt : fields_.string(name.c_str());
  }
  [[noreturn]] void fail(std::string_view key, const json& found, std::string_view expected) const {
    fields_.fail(theirs(key).c_str(), found, expected);
  }
  const Architecture& architecture() const { return architecture_; }
  std::string theirs(std::string_view key) const { return architecture_.key_of(key, head_); }

 private:
  const JsonFields& fields_;
  const Architecture& architecture_;
  HeadKind head_;
};

/// A computation other than ours must not pass for ours.
void reject_unsupported(const JsonFields& fields, const SpelledFields& spelled, HeadKind head) {
  const auto expect = [&](const char* key, std::string_view supported) {
    const std::optional<std::string> value = spelled.string(key);
    if (value && *value != supported) spelled.fail(key, *value, fmt::format("\"{}\"", supported));
  };
  expect("position_embedding_type", "absolute");
  for (const char* const key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"})
    if (fields.boolean(key, false)) fields.fail(key, true, "false");
  if (head == HeadKind::masked_lm && !fields.boolean("tie_word_embeddings", true))
    fields.fail("tie_word_embeddings", false, "true (the output layer is the word embeddings again)");
}

void read_activation(const SpelledFields& fields, ModelConfig& config) {
  const std::optional<std::string> name = fields.string("hidden_act");
  if (!name) return;
  const std::optional<Activation> known = activation_named(*name);
  if (!known) fields.fail("hidden_act", *name, activation_names());
  config.hidden_act = *known;
}

/// transformers computes with the usual number, whatever config.json says.
void read_buckets(const SpelledFields& fields, ModelConfig& config) {
  const std::int64_t usual = fields.architecture().relative_buckets;
  if (usual == 0) return;
  config.relative_attention_num_buckets = fields.integer("relative_attention_num_buckets", kSizes, usual);
  if (config.relative_attention_num_buckets != usual)
    fields.fail("relative_attention_num_buckets", config.relative_attention_num_buckets,
                std::to_string(usual));
}

void read_sizes(const SpelledFields& fields, ModelConfig& config) {
  config.vocab_size = fields.size("vocab_size");
  config.hidden_size = fields.size("hidden_size");
  if (const std::int64_t usual = fields.architecture().embedding_size; usual > 0)
    config.embedding_size = fields.integer("embedding_size", kSizes, usual);
  read_buckets(fields, config);
  config.num_hidden_layers = fields.size("num_hidden_layers", kLayers);
  config.num_attention_heads = fields.size("num_attention_heads");
  config.intermediate_size = fields.size("intermediate_size");
  config.max_position_embeddings = fields.size("max_position_embeddings");
  config.type_vocab_size =
      fields.architecture().types == TokenTypes::none ? 0 : fields.integer("type_vocab_size", kSizes, 2);
  config.pad_token_id =
      fields.integer("pad_token_id", {0, config.vocab_size - 1}, fields.architecture().padding_id);
  if (fields.architecture().fixed_padding && config.pad_token_id != fields.architecture().padding_id)
    fields.fail("pad_token_id", config.pad_token_id,
                fmt::format("{}, which {} counts on", fields.architecture().padding_id, config.model_type));
  if (config.pad_token_id >= config.vocab_size)
    fields.fail("vocab_size", config.vocab_size,
                fmt::format("more than {} (the usual 'pad_token_id')", config.pad_token_id));
  if (config.hidden_size % config.num_attention_heads != 0)
    fields.fail("hidden_size", config.hidden_size,
                fmt::format("a multiple of '{}' ({})", fields.theirs("num_attention_heads"),
                            config.num_attention_heads));
  if (config.max_tokens() < 1)
    fields.fail("max_position_embeddings", config.max_position_embeddings,
                fmt::format("more than {} (positions begin behind 'pad_token_id')", config.pad_token_id + 1));
}

/// Some architectures have a rate for each head.
void read_head_rate(const SpelledFields& fields, ModelConfig& config) {
  const auto usual = fields.architecture().usual_head_dropout;
  config.classifier_dropout =
      fields.real("classifier_dropout", kProbabilities,
                  usual == nullptr ? config.hidden_dropout_prob
                                   : usual(config.head).value_or(config.hidden_dropout_prob));
}

void read_rates(const SpelledFields& fields, ModelConfig& config) {
  config.layer_norm_eps = fields.real("layer_norm_eps", {0.0, 1.0}, config.layer_norm_eps);
  config.initializer_range = fields.real("initializer_range", kNotNegative, config.initializer_range);
  config.hidden_dropout_prob = fields.real("hidden_dropout_prob", kProbabilities, config.hidden_dropout_prob);
  config.attention_probs_dropout_prob =
      fields.real("attention_probs_dropout_prob", kProbabilities, config.attention_probs_dropout_prob);
  read_head_rate(fields, config);
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
  // Two labels are Hugging Face's default, but only classifiers have any use for them.
  const std::int64_t count = fields.integer("num_labels", kLabels, traits_of(head).classifies() ? 2 : 0);
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

void read_head(const JsonFields& fields, ModelConfig& config) {
  config.labels = read_labels(fields, config.head);
  if (config.head != HeadKind::classification) return;
  const std::optional<std::string> problem = fields.string("problem_type");
  if (problem == "multi_label_classification") {
    config.head = HeadKind::multi_label;
    return;
  }
  if (problem && *problem != "regression" && *problem != "single_label_classification")
    fields.fail("problem_type", *problem,
                "\"single_label_classification\", \"multi_label_classification\" or \"regression\"");
  if (problem == "regression" && config.labels.size() != 1)
    fields.fail("problem_type", *problem, fmt::format("one label with it, not {}", config.labels.size()));
  if (config.labels.size() == 1)
    config.head = find_score_activation(config.other_json, fields.origin()) ? HeadKind::reranking
                                                                            : HeadKind::regression;
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

std::int64_t table_columns(const ModelConfig& config) {
  return config.embedding_size > 0 ? config.embedding_size : config.hidden_size;
}

HeadSpec head_spec(const ModelConfig& config) {
  if (config.head == HeadKind::embedding) return config.sentence_head;
  HeadSpec head = architecture_of(config.model_type)
                      .head(traits_of(config.head).class_kind, {.hidden = config.hidden_size,
                                                                .labels = config.num_labels(),
                                                                .vocabulary = config.vocab_size,
                                                                .embedding = table_columns(config),
                                                                .dropout = config.classifier_dropout,
                                                                .activation = config.hidden_act});
  head.kind = config.head;
  return head;
}

}  // namespace

std::int64_t ModelConfig::max_tokens() const {
  return EmbeddingSpec{.padding_id = pad_token_id,
                       .position_rows = max_position_embeddings,
                       .positions = architecture_of(model_type).positions}
      .max_tokens();
}

ModelSpec ModelConfig::spec() const {
  const Architecture& architecture = architecture_of(model_type);
  const bool given = architecture.types == TokenTypes::given ||
                     (architecture.types == TokenTypes::given_where_several && type_vocab_size > 1);
  const LayerSpec layer = {.attention = {.heads = num_attention_heads},
                           .feed_forward = {.size = intermediate_size, .activation = hidden_act}};
  return {.hidden_size = hidden_size,
          .norm_epsilon = layer_norm_eps,
          .embeddings = {.vocab_size = vocab_size,
                         .padding_id = pad_token_id,
                         .position_rows = max_position_embeddings,
                         .positions = architecture.positions,
                         .types = type_vocab_size,
                         .given_types = given,
                         .size = table_columns(*this) == hidden_size ? 0 : table_columns(*this)},
          .relative_bias = {.buckets = architecture.relative_buckets},
          .layers = std::vector<LayerSpec>(static_cast<std::size_t>(num_hidden_layers), layer),
          .head = head_spec(*this),
          .skim = skim,
          .dropout = {.hidden = hidden_dropout_prob,
                      .attention = attention_probs_dropout_prob,
                      .attention_output = architecture.drops_attention_output ? hidden_dropout_prob : 0},
          .initializer_range = initializer_range};
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
  read_class(fields, config);
  const SpelledFields spelled(fields, config);
  reject_unsupported(fields, spelled, config.head);
  read_activation(spelled, config);
  read_sizes(spelled, config);
  read_rates(spelled, config);
  config.other_json = root.dump();
  read_head(fields, config);
  if (const json* const skimming = fields.find("transkimmer")) {
    if (!skimming->is_object()) fields.fail("transkimmer", *skimming, "an object");
    read_skimming(*skimming, origin, config);
  } else {
    config.skim.coefficient = fields.real("skim_coefficient", kNotNegative, 0.0);
  }
  return config;
}

ModelConfig with_head(ModelConfig config, HeadKind head) {
  config.head = head;
  const json root = parse_json(config.other_json, "config.json");
  const std::string origin = "config.json";
  const JsonFields fields(root, origin);
  read_head_rate(SpelledFields(fields, config), config);
  return config;
}

ModelConfig ModelConfig::load(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  ModelConfig config = parse(read_downloaded_file(path, kMaxSettingsBytes), path.string());
  if (config.head == HeadKind::regression) {
    if (std::optional<std::string> text = with_cross_encoder_settings(directory, config.other_json)) {
      config.head = HeadKind::reranking;
      config.other_json = *std::move(text);
    }
  }
  // An embedder may still name the class that its encoder was pretrained as.
  if (config.head != HeadKind::none && config.head != HeadKind::masked_lm) return config;
  if (std::optional<HeadSpec> sentence = read_sentence_modules(directory, config.hidden_size)) {
    config.head = HeadKind::embedding;
    config.sentence_head = *std::move(sentence);
  }
  return config;
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

/// Keeps the class that was there when it means the same ("BertForMultipleChoice" is a BERT without our
/// head).
void write_class(const ModelConfig& config, json& root) {
  const HeadTraits& traits = traits_of(config.head);
  const json& present = root["architectures"];
  if (present.is_array() && !present.empty() && present.front().is_string()) {
    const std::optional<ModelClass> model_class = class_named(present.front().get<std::string>());
    if (model_class && model_class->model_type == config.model_type && model_class->head == traits.class_kind)
      return;
  }
  root["architectures"] = json::array(
      {fmt::format("{}{}", architecture_of(config.model_type).class_prefix, traits.class_ending)});
}

void write_labels(const ModelConfig& config, json& root) {
  root.erase("num_labels");
  root.erase("id2label");
  root.erase("label2id");
  for (std::size_t i = 0; i < config.labels.size(); ++i) {
    root["id2label"][std::to_string(i)] = config.labels[i];
    root["label2id"][config.labels[i]] = i;
  }
  const HeadTraits& traits = traits_of(config.head);
  if (!traits.problem_type.empty()) {
    root["problem_type"] = traits.problem_type;
  } else if (traits.class_kind == HeadKind::classification) {
    root.erase("problem_type");
  }
}

/// As it is spelled in config.json, where that says the same.
std::string activation_name(const ModelConfig& config, const json& root, const std::string& key) {
  const auto present = root.find(key);
  if (present != root.end() && present->is_string() &&
      activation_named(present->get<std::string>()) == config.hidden_act)
    return present->get<std::string>();
  return std::string(name_of(config.hidden_act));
}

void write_numbers(const ModelConfig& config, json& root) {
  const Architecture& architecture = architecture_of(config.model_type);
  const auto write = [&](std::string_view key, const json& value) {
    const std::string name = architecture.key_of(key, config.head);
    if (!name.empty()) root[name] = value;
  };
  write("hidden_act", activation_name(config, root, architecture.key_of("hidden_act", config.head)));
  write("vocab_size", config.vocab_size);
  write("hidden_size", config.hidden_size);
  if (architecture.embedding_size > 0) write("embedding_size", table_columns(config));
  if (architecture.relative_buckets > 0)
    write("relative_attention_num_buckets", architecture.relative_buckets);
  write("num_hidden_layers", config.num_hidden_layers);
  write("num_attention_heads", config.num_attention_heads);
  write("intermediate_size", config.intermediate_size);
  write("max_position_embeddings", config.max_position_embeddings);
  write("pad_token_id", config.pad_token_id);
  if (architecture.types != TokenTypes::none) write("type_vocab_size", config.type_vocab_size);
  write("layer_norm_eps", config.layer_norm_eps);
  write("initializer_range", config.initializer_range);
  write("hidden_dropout_prob", config.hidden_dropout_prob);
  write("attention_probs_dropout_prob", config.attention_probs_dropout_prob);
  // BERT's word has a null for "as hidden_dropout_prob".
  const bool usual = architecture.key == nullptr && config.classifier_dropout == config.hidden_dropout_prob;
  write("classifier_dropout", usual ? json(nullptr) : json(config.classifier_dropout));
}

}  // namespace

std::string ModelConfig::to_json() const {
  json root = parse_json(other_json, "config.json");
  root["model_type"] = model_type;
  write_class(*this, root);
  write_numbers(*this, root);
  write_labels(*this, root);
  write_score_activation(head, root);
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
