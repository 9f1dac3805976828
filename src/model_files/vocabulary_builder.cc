#include "model_files/vocabulary_builder.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/quoting.h"
#include "model_files/json.h"
#include "transkimmer/error.h"

namespace transkimmer {

SpecialTokenNames SpecialTokenNames::bert() {
  return {.pad = "[PAD]", .unknown = "[UNK]", .begin = "[CLS]", .separator = "[SEP]", .mask = "[MASK]"};
}

SpecialTokenNames SpecialTokenNames::roberta() {
  return {.pad = "<pad>", .unknown = "<unk>", .begin = "<s>", .separator = "</s>", .mask = "<mask>"};
}

SpecialTokenNames SpecialTokenNames::overridden_by(const SpecialTokenNames& preferred) const {
  const auto either = [](const std::string& first, const std::string& second) {
    return first.empty() ? second : first;
  };
  return {.pad = either(preferred.pad, pad),
          .unknown = either(preferred.unknown, unknown),
          .begin = either(preferred.begin, begin),
          .separator = either(preferred.separator, separator),
          .mask = either(preferred.mask, mask)};
}

void VocabularyBuilder::add(std::string token, std::int64_t id, const std::string& where) {
  const std::int64_t limit = std::min<std::int64_t>(limit_, std::numeric_limits<std::int32_t>::max());
  if (id < 0 || id >= limit) {
    throw FormatError(
        fmt::format("{}: token {} has id {}, expected 0 to {} (vocab_size in config.json is {})", where,
                    in_quotes(token), id, limit - 1, limit_));
  }
  const auto [place, is_new] = ids_.try_emplace(std::move(token), static_cast<std::int32_t>(id));
  if (!is_new) {
    throw FormatError(fmt::format("{}: token {} is there already, with id {}", where, in_quotes(place->first),
                                  place->second));
  }
}

std::int32_t VocabularyBuilder::add_or_move(const std::string& token, std::int64_t id,
                                            const std::string& where) {
  const std::int32_t old = find(token);
  ids_.erase(token);
  add(token, id, where);
  if (old >= 0) left_.push_back(old);
  return old;
}

void VocabularyBuilder::add_if_new(const std::string& token, std::int64_t id, const std::string& where) {
  const std::int32_t known = find(token);
  if (known < 0 || known != id) add(token, id, where);
}

std::int32_t VocabularyBuilder::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

SpecialTokens VocabularyBuilder::special_tokens(const SpecialTokenNames& names, std::int64_t pad_id) const {
  const auto required = [&](const std::string& name, const char* role) {
    const std::int32_t id = find(name);
    if (id < 0) {
      throw FormatError(
          fmt::format("{}: has no token {}, the {} token of this model", origin_, in_quotes(name), role));
    }
    return id;
  };
  SpecialTokens tokens;
  tokens.unknown = required(names.unknown, "unknown-word");
  tokens.begin = required(names.begin, "first");
  tokens.separator = required(names.separator, "separator");
  const std::int32_t pad = find(names.pad);
  tokens.pad = pad >= 0 ? pad : static_cast<std::int32_t>(pad_id);
  tokens.mask = find(names.mask);
  return tokens;
}

Vocabulary VocabularyBuilder::take() {
  // With distinct ids, none is missing exactly if the largest is one less than their number.
  std::vector<std::optional<std::string>> slots(ids_.size() + left_.size());
  for (const std::int32_t id : left_) slots.at(static_cast<std::size_t>(id)) = "";
  for (const auto& [token, id] : ids_) {
    if (static_cast<std::size_t>(id) >= slots.size()) continue;
    auto& slot = slots[static_cast<std::size_t>(id)];
    if (slot) {
      throw FormatError(fmt::format("{}: tokens {} and {} have the same id {}", origin_,
                                    in_quotes(std::min(*slot, token)), in_quotes(std::max(*slot, token)),
                                    id));
    }
    slot = token;
  }
  std::vector<std::string> tokens;
  tokens.reserve(slots.size());
  for (auto& slot : slots) {
    if (!slot) {
      throw FormatError(fmt::format("{}: no token has id {}, although there are {} tokens", origin_,
                                    tokens.size(), slots.size()));
    }
    tokens.push_back(std::move(*slot));
  }
  ids_.clear();
  left_.clear();
  return Vocabulary(std::move(tokens));
}

}  // namespace transkimmer
