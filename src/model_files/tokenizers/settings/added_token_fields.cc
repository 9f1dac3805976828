#include "model_files/tokenizers/settings/added_token_fields.h"

#include <nlohmann/json.hpp>

#include "model_files/json/json_fields.h"

namespace transkimmer {

AddedToken read_added_token(const nlohmann::json& object, const std::string& origin,
                            const std::string& prefix, std::optional<bool> special) {
  const JsonFields fields(object, origin, prefix);
  AddedToken token;
  if (fields.find("content") == nullptr) fields.fail_missing("content");
  token.content = fields.string("content").value_or("");
  token.single_word = fields.boolean("single_word", false);
  token.lstrip = fields.boolean("lstrip", false);
  token.rstrip = fields.boolean("rstrip", false);
  token.special = special.value_or(fields.boolean("special", false));
  token.normalized = fields.boolean("normalized", !token.special);
  return token;
}

}  // namespace transkimmer
