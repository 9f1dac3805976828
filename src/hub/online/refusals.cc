// What an answer that is no success means, in words.
#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "base/strings/quoting.h"
#include "hub/online/hub_client.h"

namespace transkimmer {
namespace {

std::string how_to_show_a_token(const HubSettings& settings) {
  return fmt::format("set HF_TOKEN to a token of yours, or keep it in {}", settings.token_file.string());
}

std::string unauthorized(const HttpAnswer& answer, const std::string& model, const HubSettings& settings) {
  if (answer.header("x-error-code") == "GatedRepo")
    return fmt::format("{} is gated: accept its terms on the page {}/{}, then {}", in_quotes(model),
                       settings.endpoint, model, how_to_show_a_token(settings));
  if (!settings.token.empty())
    return fmt::format(
        "there is no model {}, or your token does not open it; is HF_TOKEN (or {}) still valid?",
        in_quotes(model), settings.token_file.string());
  return fmt::format("there is no model {}, or it is private: check the name; for a private or gated one {}",
                     in_quotes(model), how_to_show_a_token(settings));
}

std::string forbidden(const std::string& model, const HubSettings& settings) {
  return fmt::format("you may not read {}: it is gated or private; ask for access on the page {}/{}, and {}",
                     in_quotes(model), settings.endpoint, model,
                     settings.token.empty() ? how_to_show_a_token(settings)
                                            : "see that your token is allowed to read gated models");
}

std::string not_found(const HttpAnswer& answer, const ModelName& name) {
  const std::string code = answer.header("x-error-code");
  if (code == "RevisionNotFound")
    return fmt::format("{} has no revision {}", in_quotes(name.repository()), in_quotes(name.revision()));
  if (code == "EntryNotFound") return fmt::format("a file of {} is not there", in_quotes(name.repository()));
  return fmt::format("there is no model {}", in_quotes(name.repository()));
}

std::string meaning(const HttpAnswer& answer, const ModelName& name, const HubSettings& settings) {
  switch (answer.status) {
    case 401:
      return unauthorized(answer, name.repository(), settings);
    case 403:
      return forbidden(name.repository(), settings);
    case 404:
      return not_found(answer, name);
    case 407:
      return "the proxy asks for a password: https_proxy takes user:password@ in front of its host";
    case 429:
      return "too many requests; wait a few minutes, or show a token, which allows more";
    default:
      return answer.status >= 500 ? "the server fails; try again later" : "the request is refused";
  }
}

}  // namespace

void throw_refusal(const HttpAnswer& answer, const ModelName& name, const HubSettings& settings) {
  std::string text = fmt::format("{}: {} (HTTP status {})", settings.endpoint,
                                 meaning(answer, name, settings), answer.status);
  if (const std::string said = answer.header("x-error-message"); !said.empty())
    text += fmt::format("; it says: {}", on_one_line(said));
  throw IoError(text);
}

}  // namespace transkimmer
