#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "model/head_kind.h"

namespace transkimmer {

// What sentence-transformers' CrossEncoder leaves in a directory: config.json says what a logit becomes,
// under "sentence_transformers" since version 4, under "sbert_ce_default_activation_function" before. From
// version 6 on config_sentence_transformers.json does.

/// What becomes of the logit of a text that was held against a query.
enum class ScoreActivation : std::uint8_t { sigmoid, identity };

/// Of a config.json, as JSON text; nothing where it is not a CrossEncoder's. Throws FormatError naming
/// `origin` and the key for another activation.
std::optional<ScoreActivation> find_score_activation(std::string_view config_json, const std::string& origin);

/// What config_sentence_transformers.json of a directory says of a CrossEncoder, as config.json would have
/// it: its text, with the activation noted. Nothing where the file is not there, or not a CrossEncoder's.
/// Throws IoError, FormatError.
std::optional<std::string> with_cross_encoder_settings(const std::filesystem::path& directory,
                                                       std::string_view config_json);

/// Has config.json say that a model of HeadKind::reranking is a CrossEncoder, where it does not yet, and that
/// a regressor is none.
void write_score_activation(HeadKind head, nlohmann::json& config_json);

}  // namespace transkimmer
