#include "transkimmer/model.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "hub/find_model.h"
#include "model_files/model_directory.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "serving/loaded_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool has_types_of_pairs(const ModelConfig& config, const Tokenizer& tokenizer) {
  const std::vector<LayoutPart>& parts = tokenizer.input_rules().layout.pair;
  const std::int64_t types = std::max<std::int64_t>(config.type_vocab_size, 1);
  return std::all_of(parts.begin(), parts.end(),
                     [&](const LayoutPart& part) { return part.type_id < types; });
}

void require_head(const std::filesystem::path& directory, const ModelConfig& config, const ServedKind& kind) {
  require_task_head(directory, config);
  if (std::find(kind.heads.begin(), kind.heads.end(), config.head) == kind.heads.end())
    throw UsageError(
        fmt::format("{} holds a {} model, not {}", directory.string(), name_of(config.head), kind.name));
}

void require_pairs(const std::filesystem::path& directory, const ModelConfig& config, bool takes_pairs,
                   const ServedKind& kind) {
  if (kind.of_pairs && !takes_pairs)
    throw UsageError(
        fmt::format("{}: the model takes single texts alone (its type_vocab_size is {}), but {} "
                    "takes pairs",
                    directory.string(), config.type_vocab_size, kind.name));
}

Model load_model(const std::filesystem::path& model, const EngineOptions& options,
                 const NoticeHandler& notices, const ServedKind* kind) {
  const std::filesystem::path directory = find_model(model, {.notices = notices}).directory;
  ModelConfig config = ModelConfig::load(directory);
  if (kind != nullptr) require_head(directory, config, *kind);
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(
      directory, config, {.notices = notices, .split_special_tokens = options.split_special_tokens});
  const bool pairs = has_types_of_pairs(config, *tokenizer);
  if (kind != nullptr) require_pairs(directory, config, pairs, *kind);
  return Model(std::make_shared<const Model::Loaded>(
      Model::Loaded{.directory = directory,
                    .engine = Engine::load(directory, std::move(config), options, notices),
                    .tokenizer = std::move(tokenizer),
                    .takes_pairs = pairs}));
}

/// The same model with another view of its engine.
Model with_engine(const Model::Loaded& loaded, Engine engine) {
  return Model(std::make_shared<const Model::Loaded>(Model::Loaded{.directory = loaded.directory,
                                                                   .engine = std::move(engine),
                                                                   .tokenizer = loaded.tokenizer,
                                                                   .takes_pairs = loaded.takes_pairs}));
}

}  // namespace

Model load_served(const std::filesystem::path& directory, const EngineOptions& options,
                  const NoticeHandler& notices, const ServedKind& kind) {
  return load_model(directory, options, notices, &kind);
}

void require_kind(const Model& model, const ServedKind& kind) {
  const Model::Loaded& loaded = model.loaded();
  require_head(loaded.directory, loaded.engine.config(), kind);
  require_pairs(loaded.directory, loaded.engine.config(), loaded.takes_pairs, kind);
}

Model::Model(std::shared_ptr<const Loaded> loaded) : loaded_(std::move(loaded)) {}
Model::Model(const Model&) = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(const Model&) = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::load(const std::filesystem::path& directory, const EngineOptions& options,
                  const std::function<void(const std::string&)>& notices) {
  return load_model(directory, options, notices, nullptr);
}

Model Model::at_threshold(double threshold) const {
  return with_engine(*loaded_, loaded_->engine.at_threshold(threshold));
}

Model Model::without_skimming() const {
  return with_engine(*loaded_, loaded_->engine.without_skimming());
}

std::string_view Model::task() const {
  return traits_of(loaded_->engine.config().head).pipeline;
}

const std::filesystem::path& Model::directory() const {
  return loaded_->directory;
}
const std::vector<std::string>& Model::labels() const {
  return loaded_->engine.config().labels;
}
int Model::layers() const {
  return static_cast<int>(loaded_->engine.config().num_hidden_layers);
}
int Model::threads() const {
  return loaded_->engine.threads();
}
Precision Model::precision() const {
  return loaded_->engine.precision();
}
bool Model::skimming() const {
  return loaded_->engine.skimming();
}

}  // namespace transkimmer
