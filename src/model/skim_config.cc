#include "model/skim_config.h"

namespace transkimmer {

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

}  // namespace transkimmer
