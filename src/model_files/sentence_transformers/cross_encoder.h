#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "model_files/config/model_config.h"

namespace transkimmer {

// What sentence-transformers' CrossEncoder leaves in a directory: config.json says what a logit becomes,
// under "sentence_transformers" since version 4, under "sbert_ce_default_activation_function" before. From
// version 6 on config_sentence_transformers.json does.

/// What becomes of the logit of a text that was held against a query.
enum class ScoreActivation : std::uint8_t { sigmoid, identity };

/// Of a config.json, as JSON text; nothing where it is not a CrossEncoder's. Throws FormatError naming
/// `origin` and the key for another activation.
std::optional<ScoreActivation> find_score_activation(std::string_view config_json, const std::string& origin);
/// Of a model of HeadKind::reranking: sigmoid where config.json does not say it. Throws as the above.
ScoreActivation score_activation_of(const ModelConfig& config);

/// Makes a reranker of a regressor beside which config_sentence_transformers.json of a CrossEncoder stands,
/// and notes its activation among the keys of config.json. Throws IoError, FormatError.
void take_cross_encoder_settings(const std::filesystem::path& directory, ModelConfig& config);

/// Has config.json say that a model of HeadKind::reranking is a CrossEncoder, where it does not yet, and that
/// a regressor is none.
void write_score_activation(HeadKind head, nlohmann::json& config_json);

}  // namespace transkimmer
