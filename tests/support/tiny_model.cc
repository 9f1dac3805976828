#include "support/tiny_model.h"

#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/architectures/architecture.h"
#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"

namespace transkimmer::test {
namespace {

constexpr std::string_view kWords[] = {"a",    "the", "charming", "journey", "flat",  "movie", "film",
                                       "good", "bad", "very",     "not",     "it",    "is",    "was",
                                       "and",  "of",  "great",    "dull",    "story", "ending"};

/// Normal numbers by the Box-Muller transform: std::normal_distribution differs between standard libraries.
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : engine_(seed) {}
  double operator()() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  /// In (0, 1].
  double uniform() { return (static_cast<double>(engine_() >> 11U) + 1) / 9007199254740992.0; }
  std::mt19937_64 engine_;
};

bool is_norm_weight(const std::string& name) {
  return name.ends_with("LayerNorm.weight") || name.ends_with("layer_norm.weight") ||
         name.ends_with("predictor.0.weight") || name.ends_with("predictor.2.weight");
}

/// Spreads chosen so that attention, decisions and logits differ clearly between tokens.
std::vector<float> random_weight(const WeightSpec& spec, Normal& normal) {
  std::size_t count = 1;
  for (const std::int64_t extent : spec.shape) count *= static_cast<std::size_t>(extent);
  double mean = 0;
  double spread = 1 / std::sqrt(static_cast<double>(spec.shape.back()));
  if (is_norm_weight(spec.name)) {
    mean = 1;
    spread = 0.1;
  } else if (spec.name.ends_with(".bias")) {
    spread = 0.1;
  } else if (spec.name.starts_with("embeddings.")) {
    spread = 0.5;
  }
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(mean + spread * normal());
  return values;
}

/// Keeps four tokens of five per layer, or so.
void favour_keeping(std::vector<float>& last_bias) {
  last_bias[0] = -0.3F;
  last_bias[1] = 0.3F;
}

void append_utf8(std::string& text, unsigned code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else {
    text += static_cast<char>(0xC0U | (code_point >> 6U));
    text += static_cast<char>(0x80U | (code_point & 0x3FU));
  }
}

/// Byte-level BPE spells each byte by a visible character: itself where it is one, else one from U+0100 on.
std::string byte_symbol(unsigned byte) {
  const auto visible = [](unsigned b) {
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  };
  unsigned code_point = byte;
  if (!visible(byte)) {
    code_point = 0x100;
    for (unsigned b = 0; b < byte; ++b) code_point += visible(b) ? 0 : 1;
  }
  std::string symbol;
  append_utf8(symbol, code_point);
  return symbol;
}

std::int64_t write_wordpiece(const std::filesystem::path& directory) {
  std::vector<std::string> vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  for (const auto word : kWords) {
    if (word.size() > 1) vocabulary.emplace_back(word);
  }
  for (char c = '!'; c <= '~'; ++c) {
    if (c >= 'A' && c <= 'Z') continue;
    vocabulary.emplace_back(1, c);
    const bool continues_words = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (continues_words) vocabulary.push_back(std::string("##") + c);
  }
  std::string file;
  for (const auto& token : vocabulary) file += token + '\n';
  write_file_atomically(directory / "vocab.txt", file);
  return static_cast<std::int64_t>(vocabulary.size());
}

std::int64_t write_byte_level_bpe(const std::filesystem::path& directory) {
  nlohmann::json vocabulary = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}};
  const auto add = [&vocabulary](const std::string& token) {
    const std::size_t id = vocabulary.size();
    vocabulary.emplace(token, id);
  };
  for (unsigned byte = 0; byte < 256; ++byte) add(byte_symbol(byte));
  std::string merges = "#version: 0.2\n";
  const std::string space = byte_symbol(' ');
  for (const auto& [left, right] : {std::pair<std::string, std::string>{space, "a"},
                                    {"t", "h"},
                                    {"th", "e"},
                                    {space, "the"},
                                    {"o", "o"},
                                    {"oo", "d"},
                                    {"g", "ood"},
                                    {space, "good"},
                                    {"i", "n"},
                                    {"in", "g"},
                                    {"m", "o"},
                                    {"v", "i"},
                                    {"vi", "e"},
                                    {"mo", "vie"},
                                    {space, "movie"}}) {
    merges += left + ' ' + right + '\n';
    add(left + right);
  }
  add("<mask>");
  write_file_atomically(directory / "vocab.json", vocabulary.dump());
  write_file_atomically(directory / "merges.txt", merges);
  return static_cast<std::int64_t>(vocabulary.size());
}

/// `wanted`, or as many as published models have.
std::int64_t usual_types(const Architecture& architecture, std::int64_t wanted) {
  if (architecture.types == TokenTypes::none) return 0;
  if (wanted > 0) return wanted;
  return architecture.types == TokenTypes::given ? 2 : 1;
}

ModelConfig config_of(const TinyModel& model, std::int64_t vocabulary) {
  const Architecture& architecture = architecture_of(model.architecture);
  const bool behind = architecture.positions == Positions::behind_padding;
  ModelConfig config;
  config.model_type = model.architecture;
  config.head = model.head;
  config.vocab_size = vocabulary;
  config.hidden_size = model.hidden_size;
  config.num_hidden_layers = model.layers;
  config.num_attention_heads = model.heads;
  config.intermediate_size = model.intermediate_size;
  config.pad_token_id = architecture.padding_id;
  config.max_position_embeddings = model.max_tokens + (behind ? config.pad_token_id + 1 : 0);
  // No divisor of the hidden size.
  if (architecture.embedding_size > 0) config.embedding_size = model.hidden_size / 2 + 1;
  config.type_vocab_size = usual_types(architecture, model.type_vocab_size);
  config.layer_norm_eps = behind ? 1e-5 : 1e-12;
  config.hidden_act = model.activation;
  config.labels = model.labels;
  config.skim.enabled = model.predictor_size > 0;
  config.skim.predictor_size = model.predictor_size;
  config.skim.threshold = model.threshold;
  config.skim.semantics = model.semantics;
  config.skim.protection = model.protection;
  return config;
}

}  // namespace

std::int64_t write_tiny_tokenizer(const std::filesystem::path& directory, std::string architecture) {
  std::filesystem::create_directories(directory);
  if (architecture_of(architecture).padding_id == 0) return write_wordpiece(directory);
  // Said where the architecture would have another.
  if (architecture != "roberta")
    write_file_atomically(directory / "tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
  return write_byte_level_bpe(directory);
}

ModelConfig write_tiny_model(const std::filesystem::path& directory, const TinyModel& model) {
  const ModelConfig config = config_of(model, write_tiny_tokenizer(directory, model.architecture));
  Normal normal(model.seed);
  const auto specs = expected_weights(config.spec());
  std::vector<std::vector<float>> values;
  values.reserve(specs.size());
  std::vector<NamedTensor> tensors;
  for (const auto& spec : specs) {
    auto& weight = values.emplace_back(random_weight(spec, normal));
    if (spec.name.ends_with("predictor.4.bias")) favour_keeping(weight);
    if (spec.name == model.broken_weight) weight.assign(weight.size(), std::nanf(""));
    tensors.push_back({spec.name, spec.shape, weight});
  }
  save_model_weights(directory, config, tensors);
  return ModelConfig::load(directory);
}

}  // namespace transkimmer::test
