#include "model_files/tokenizers/settings/added_token_list.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/strings/quoting.h"
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
    // What was special once stays special to tokenizers where these are split.
    token.special |= known->special;
    *known = std::move(token);
  } else {
    tokens_.push_back(std::move(token));
  }
}

void AddedTokenList::put(const AddedToken& token, const std::string& origin) {
  listed_.push_back(token);
  number(token, origin);
}

std::map<std::int32_t, AddedToken> AddedTokenList::written_tokens(const TokenizerSettings& settings) {
  std::map<std::int32_t, AddedToken> by_id;
  const auto gather = [&](const AddedToken& token) {
    by_id.insert_or_assign(token.id, token);
    by_text_.insert_or_assign(token.content, token);
  };
  std::for_each(settings.added_tokens.begin(), settings.added_tokens.end(), gather);
  if (!settings.has_decoder) std::for_each(listed_.begin(), listed_.end(), gather);
  return by_id;
}

std::vector<WrittenToken> AddedTokenList::named_tokens(const TokenizerSettings& settings,
                                                       const SpecialTokenNames& usual) const {
  const SpecialTokenSettings& special = settings.special_tokens;
  std::vector<WrittenToken> named;
  for (std::size_t i = 0; i < kNamedParts.size(); ++i) {
    if (special.dropped[i]) continue;
    WrittenToken written = {{.content = usual.*kNamedParts[i].name, .id = -1, .special = true}, true};
    if (special.parts[i]) written = *special.parts[i];
    if (const auto known = by_text_.find(written.token.content); known != by_text_.end() && !special.keyed[i])
      written = {known->second, false};
    written.token.id = -1;
    written.token.special = true;
    if (!written.token.content.empty()) named.push_back(std::move(written));
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
  std::map<std::int32_t, AddedToken> written = written_tokens(settings);
  std::vector<WrittenToken> special = named_tokens(settings, usual);
  const std::size_t with_part = special.size();
  const SpecialTokenSettings& others = settings.special_tokens;
  special.insert(special.end(), others.model_specific.begin(), others.model_specific.end());
  std::set<std::string> named;
  for (const WrittenToken& token : special) named.insert(token.token.content);
  for (auto& [id, token] : written) {
    const bool open = !token.special && settings.normalized_by_default.contains(token.content);
    if (open && named.contains(token.content)) token.normalized = false;
    number(std::move(token), settings.added_tokens_origin);
  }
  for (WrittenToken token : others.extra) {
    if (token.normalized_by_default && named.contains(token.token.content)) token.token.normalized = false;
    special.push_back(std::move(token));
  }
  put_special(special, with_part, usual);
}

void AddedTokenList::put_special(const std::vector<WrittenToken>& tokens, std::size_t with_part,
                                 const SpecialTokenNames& usual) {
  const std::size_t listed = tokens_.size();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto here = tokens.begin() + static_cast<std::ptrdiff_t>(i);
    const AddedToken& token = here->token;
    AddedToken* const known = find(token.content);
    if (known != nullptr && known < tokens_.data() + listed) {
      known->special = true;  // its other flags stay
    } else if (std::find(tokens.begin(), here, *here) == here) {
      put_special(token, usual);
    }
    if (i >= with_part && !token.content.empty() && find(token.content) == nullptr)
      throw FormatError(
          fmt::format("{}: has no special token {}, and vocab_size in config.json leaves no id for it",
                      vocabulary_.origin(), in_quotes(token.content)));
  }
}

}  // namespace transkimmer
