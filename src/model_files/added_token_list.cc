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

void AddedTokenList::put(AddedToken token, const std::string& origin) {
  if (token.content.empty()) return;
  token.id = vocabulary_.add_behind(token.content, origin);
  if (AddedToken* const known = find(token.content)) {
    *known = std::move(token);
  } else {
    tokens_.push_back(std::move(token));
  }
}

void AddedTokenList::put_special(AddedToken token, bool may_be_numbered) {
  if (AddedToken* const known = find(token.content)) {
    known->special = true;
    return;
  }
  token.id = vocabulary_.find(token.content);
  if (token.id < 0 && may_be_numbered && vocabulary_.next_id() >= 0)
    token.id = vocabulary_.add_behind(token.content, vocabulary_.origin());
  if (token.id >= 0) tokens_.push_back(std::move(token));
}

void AddedTokenList::put(const TokenizerSettings& settings, const SpecialTokenNames& usual) {
  for (const AddedToken& token : settings.added_tokens)
    if (settings.has_decoder || find(token.content) == nullptr) put(token, settings.added_tokens_origin);
  for (const AddedToken& token : settings.special_tokens) {
    const SpecialTokenNames& names = settings.names;
    // Without these there is no model: a name that leads nowhere is not made a token that it never learned.
    const bool needed =
        token.content == names.unknown || token.content == names.begin || token.content == names.separator;
    put_special(token, !needed);
  }
  for (const AddedToken& token : settings.other_special_tokens) {
    put_special(token, true);
    if (find(token.content) == nullptr && !token.content.empty())
      throw FormatError(
          fmt::format("{}: has no special token {}, and vocab_size in config.json leaves no id for it",
                      vocabulary_.origin(), in_quotes(token.content)));
  }
  const bool mask_strips_left = settings.what.family == TokenizerFamily::roberta;
  for (const std::string* name :
       {&usual.bos, &usual.eos, &usual.unknown, &usual.separator, &usual.pad, &usual.begin, &usual.mask})
    if (!name->empty())
      put_special({.content = *name, .lstrip = name == &usual.mask && mask_strips_left, .special = true},
                  false);
}

}  // namespace transkimmer
