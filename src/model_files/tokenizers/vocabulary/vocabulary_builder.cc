#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "transkimmer/error.h"

namespace transkimmer {

SpecialTokenNames SpecialTokenNames::bert() {
  return {.pad = "[PAD]",
          .unknown = "[UNK]",
          .begin = "[CLS]",
          .separator = "[SEP]",
          .mask = "[MASK]",
          .bos = "",
          .eos = ""};
}

SpecialTokenNames SpecialTokenNames::roberta() {
  return {.pad = "<pad>",
          .unknown = "<unk>",
          .begin = "<s>",
          .separator = "</s>",
          .mask = "<mask>",
          .bos = "<s>",
          .eos = "</s>"};
}

SpecialTokenNames SpecialTokenNames::overridden_by(const SpecialTokenNames& preferred) const {
  const auto either = [](const std::string& first, const std::string& second) {
    return first.empty() ? second : first;
  };
  return {.pad = either(preferred.pad, pad),
          .unknown = either(preferred.unknown, unknown),
          .begin = either(preferred.begin, begin),
          .separator = either(preferred.separator, separator),
          .mask = either(preferred.mask, mask),
          .bos = either(preferred.bos, bos),
          .eos = either(preferred.eos, eos)};
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
  largest_ = std::max(largest_, place->second);
}

std::int32_t VocabularyBuilder::add_or_move(const std::string& token, std::int64_t id,
                                            const std::string& where) {
  const std::int32_t old = find(token);
  ids_.erase(token);
  add(token, id, where);
  if (old >= 0) left_.push_back(old);
  return old;
}

std::int64_t VocabularyBuilder::next_id() const {
  const auto next = static_cast<std::int64_t>(size());
  return next < limit_ ? next : -1;
}

std::int32_t VocabularyBuilder::add_behind(const std::string& token, const std::string& where) {
  if (const std::int32_t known = find(token); known >= 0) return known;
  const auto next = static_cast<std::int64_t>(size());
  // Ids are missing then: that is said before one of them is given to a token.
  if (largest_ >= next) VocabularyBuilder(*this).take();
  add(token, next, where);
  ++behind_;
  return static_cast<std::int32_t>(next);
}

std::int32_t VocabularyBuilder::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

std::int32_t VocabularyBuilder::required(const std::string& token, std::string_view part) const {
  const std::int32_t id = find(token);
  if (id < 0)
    throw FormatError(
        fmt::format("{}: has no token {}, the {} token of this model", origin_, in_quotes(token), part));
  return id;
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
  const std::size_t model_size = slots.size() - std::exchange(behind_, 0);
  left_.clear();
  return {std::move(tokens), model_size};
}

}  // namespace transkimmer
