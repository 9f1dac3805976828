#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace transkimmer {

/// How training related to removal (`transkimmer.semantics` in config.json).
enum class SkimSemantics {
  removal,  ///< attention renormalised over kept tokens: training computes what removal computes
  original  ///< the published code: post-softmax mask, padding counted; removal computes something else
};

/// Which tokens no predictor may skim.
enum class SkimProtection {
  first_token,  ///< position 0
  question,     ///< the question in front of its context, too
  none          ///< not even position 0: see ModelSpec::texts_exit
};

/// "removal" or "original", as config.json has it.
std::string_view name_of(SkimSemantics semantics);
/// The same: "first_token", "question" or "none".
std::string_view name_of(SkimProtection protection);
/// The protection of this name; nothing for other words.
std::optional<SkimProtection> protection_named(std::string_view name);

/// The object under "transkimmer" in config.json.
struct SkimConfig {
  bool enabled = false;             ///< the model has skim predictors
  std::int64_t predictor_size = 0;  ///< P; equals hidden_size as published. 0 only when not enabled
  double threshold = 0.0;           ///< theta: keep when logit_keep - logit_skim > theta
  double coefficient = 0.0;         ///< weight of the skim loss it was trained with
  std::optional<double> target_compute =
      {};                    ///< share of the dense model's MACs it was trained to, where it was
  double temperature = 1.0;  ///< Gumbel-softmax tau it was trained with
  SkimSemantics semantics = SkimSemantics::removal;
  SkimProtection protection = SkimProtection::first_token;  ///< in training and at inference
};

}  // namespace transkimmer
