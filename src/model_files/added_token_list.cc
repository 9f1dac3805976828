#include "model_files/added_token_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {

AddedToken* AddedTokenList::find(const std::string& content) {
  const auto found = std::find_if(tokens_.begin(), tokens_.end(),
                                  [&](const AddedToken& token) { return token.content == content; });
  return found == tokens_.end() ? nullptr : &*found;
}

void AddedTokenList::number(AddedToken token, const std::string& origin) {
  if (token.content.empty()) return;
  token.id = vocabulary_.add_behind(token.content, origin);
  if (AddedToken* const known = find(token.content)) {
    *known = std::move(token);
  } else {
    tokens_.push_back(std::move(token));
  }
}

void AddedTokenList::put(const AddedToken& token, const std::string& origin) {
  listed_.push_back(token);
  number(token, origin);
}

std::vector<AddedToken> AddedTokenList::changed_tokens(const TokenizerSettings& settings) {
  std::map<std::int32_t, AddedToken> by_id;
  const auto gather = [&](const AddedToken& token) {
    by_id.insert_or_assign(token.id, token);
    by_text_.insert_or_assign(token.content, token);
  };
  std::for_each(settings.added_tokens.begin(), settings.added_tokens.end(), gather);
  if (!settings.has_decoder) std::for_each(listed_.begin(), listed_.end(), gather);
  std::vector<AddedToken> changed;
  for (auto& [id, token] : by_id) {
    const AddedToken* const known = find(token.content);
    if (known != nullptr) token.id = known->id;
    if (known == nullptr || !(token == *known)) changed.push_back(std::move(token));
  }
  return changed;
}

std::vector<AddedToken> AddedTokenList::named_tokens(const TokenizerSettings& settings,
                                                     const SpecialTokenNames& usual) const {
  const SpecialTokenSettings& special = settings.special_tokens;
  std::vector<AddedToken> named;
  for (std::size_t i = 0; i < kNamedParts.size(); ++i) {
    AddedToken token = {.content = usual.*kNamedParts[i].name, .id = -1, .special = true};
    if (special.dropped[i]) continue;
    if (special.parts[i]) token = *special.parts[i];
    if (const auto known = by_text_.find(token.content); known != by_text_.end()) token = known->second;
    token.id = -1;
    token.special = true;
    if (!token.content.empty()) named.push_back(std::move(token));
  }
  return named;
}

void AddedTokenList::put_special(const AddedToken& token, const SpecialTokenNames& usual) {
  // Without these there is no model: a name that leads nowhere is not made a token that it never learned.
  const bool needed =
      token.content == usual.unknown || token.content == usual.begin || token.content == usual.separator;
  const bool is_new = vocabulary_.find(token.content) < 0;
  if (!is_new || (!needed && vocabulary_.next_id() >= 0)) number(token, vocabulary_.origin());
}

void AddedTokenList::put(const TokenizerSettings& settings, const SpecialTokenNames& usual) {
  std::vector<AddedToken> changed = changed_tokens(settings);
  std::vector<AddedToken> special = named_tokens(settings, usual);
  const auto with_part = static_cast<std::ptrdiff_t>(special.size());
  const SpecialTokenSettings& others = settings.special_tokens;
  for (const std::vector<AddedToken>* tokens : {&others.model_specific, &others.extra})
    special.insert(special.end(), tokens->begin(), tokens->end());
  for (AddedToken& token : changed) number(std::move(token), settings.added_tokens_origin);
  const std::size_t listed = tokens_.size();
  for (auto token = special.begin(); token != special.end(); ++token) {
    AddedToken* const known = find(token->content);
    if (known != nullptr && known < tokens_.data() + listed) {
      known->special = true;  // its other flags stay
    } else if (std::find(special.begin(), token, *token) == token) {
      put_special(*token, usual);
    }
    const bool has_part = token < special.begin() + with_part;
    if (!has_part && !token->content.empty() && find(token->content) == nullptr)
      throw FormatError(
          fmt::format("{}: has no special token {}, and vocab_size in config.json leaves no id for it",
                      vocabulary_.origin(), in_quotes(token->content)));
  }
}

}  // namespace transkimmer
