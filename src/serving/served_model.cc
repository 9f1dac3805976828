#include "serving/served_model.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "model_files/model_directory.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

bool has_types_of_pairs(const ModelConfig& config, const Tokenizer& tokenizer) {
  const std::vector<LayoutPart>& parts = tokenizer.input_rules().layout.pair;
  return std::all_of(parts.begin(), parts.end(),
                     [&](const LayoutPart& part) { return part.type_id < config.type_vocab_size; });
}

}  // namespace

ServedModel ServedModel::load(const std::filesystem::path& directory, const EngineOptions& options,
                              const NoticeHandler& notices, const ServedKind& kind) {
  const ModelConfig config = ModelConfig::load(directory);
  require_task_head(directory, config);
  if (std::find(kind.heads.begin(), kind.heads.end(), config.head) == kind.heads.end())
    throw UsageError(
        fmt::format("{} holds a {} model, not {}", directory.string(), name_of(config.head), kind.name));
  auto tokenizer = load_tokenizer(directory, config,
                                  {.notices = notices, .split_special_tokens = options.split_special_tokens});
  const bool pairs = has_types_of_pairs(config, *tokenizer);
  if (kind.of_pairs && !pairs)
    throw UsageError(
        fmt::format("{}: the model takes single texts alone (its type_vocab_size is {}), but {} "
                    "takes pairs",
                    directory.string(), config.type_vocab_size, kind.name));
  return {Engine::load(directory, options, notices), std::move(tokenizer), pairs};
}

}  // namespace transkimmer
