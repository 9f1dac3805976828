#include "server/served/served_model.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "server/requests/request_error.h"

namespace transkimmer {
namespace {

const std::string* find_prompt(const Prompts& prompts, const std::string& name) {
  const auto found = std::ranges::find(prompts.named, name, &std::pair<std::string, std::string>::first);
  return found == prompts.named.end() ? nullptr : &found->second;
}

std::string names_of(const Prompts& prompts) {
  std::vector<std::string> names;
  for (const auto& [name, text] : prompts.named) names.push_back(name);
  return names.empty() ? "the model has none" : fmt::format("it has {}", names_in_quotes(names));
}

void choose_default_prompt(Prompts& prompts, const ServerOptions& options) {
  if (options.default_prompt && options.default_prompt_name)
    throw UsageError("--default-prompt and --default-prompt-name say the same thing twice: give one of them");
  if (options.default_prompt) prompts.usual = *options.default_prompt;
  if (!options.default_prompt_name) return;
  const std::string* const found = find_prompt(prompts, *options.default_prompt_name);
  if (found == nullptr)
    throw UsageError(fmt::format("--default-prompt-name: there is no prompt {} in the model's settings: {}",
                                 in_quotes(*options.default_prompt_name), names_of(prompts)));
  prompts.usual = *found;
}

/// Leaves `count` pieces, from the one side or the other.
void keep(std::vector<Piece>& pieces, std::size_t count, TruncationSide side) {
  const auto surplus = static_cast<std::ptrdiff_t>(pieces.size() - std::min(count, pieces.size()));
  if (side == TruncationSide::left) {
    pieces.erase(pieces.begin(), pieces.begin() + surplus);
  } else {
    pieces.erase(pieces.end() - surplus, pieces.end());
  }
}

}  // namespace

ServedModel::ServedModel(Model model, const ServerOptions& options)
    : model_(std::move(model)), auto_truncate_(options.auto_truncate) {
  max_input_length_ = longest_input(config(), tokenizer());
  if (max_input_length_ > options.max_batch_tokens) {
    if (!auto_truncate_)
      throw UsageError(
          fmt::format("--max-batch-tokens is {}, but the model takes texts of {} tokens, and "
                      "--auto-truncate false has none of them cut",
                      options.max_batch_tokens, max_input_length_));
    max_input_length_ = options.max_batch_tokens;
  }
  if (head() == HeadKind::embedding) prompts_ = read_prompts(model_.loaded().directory);
  choose_default_prompt(prompts_, options);
}

void ServedModel::require(std::initializer_list<HeadKind> heads, std::string_view wanted) const {
  if (std::ranges::find(heads, head()) != heads.end()) return;
  throw RequestError(
      Fault::model_type,
      head() == HeadKind::none
          ? fmt::format("this needs {}, and the model served is an encoder without a head", wanted)
          : fmt::format("this needs {}, and the model served is for {}", wanted, name_of(head())));
}

Encoding ServedModel::encode_from(const TextOrPair& input, TruncationSide side) const {
  const EncodeOptions cut{.max_length = max_input_length_};
  Encoding encoding = input.pair ? tokenizer().encode_pair(input.text, *input.pair, cut)
                                 : tokenizer().encode(input.text, cut);
  if (!encoding.truncated || side == tokenizer().input_rules().truncation_side) return encoding;
  // The tokenizer cuts at the other side: as many tokens of each text are left as it leaves.
  const auto left_of = [&](Segment segment) {
    return static_cast<std::size_t>(std::ranges::count(encoding.segments, segment));
  };
  std::vector<Piece> first = tokenizer().pieces(input.text);
  keep(first, left_of(Segment::first), side);
  std::optional<std::vector<Piece>> second;
  if (input.pair) {
    second = tokenizer().pieces(*input.pair);
    keep(*second, left_of(Segment::second), side);
  }
  encoding = tokenizer().assemble(std::move(first), std::move(second), cut);
  encoding.truncated = true;
  return encoding;
}

void ServedModel::refuse_cut(const Encoding& encoding, const CutOptions& cut) const {
  if (encoding.truncated && !cut.truncate.value_or(auto_truncate_))
    throw RequestError(Fault::validation,
                       fmt::format("`inputs` must have less than {} tokens, or `truncate` must be true",
                                   max_input_length_ + 1));
  if (encoding.ids.empty()) throw RequestError(Fault::tokenizer, "`inputs` has a text that makes no tokens");
}

Encoding ServedModel::encode(const TextOrPair& input, const CutOptions& cut) const {
  if (input.pair && !model_.loaded().takes_pairs)
    throw RequestError(
        Fault::tokenizer,
        fmt::format("`inputs` has a pair of texts, but the model takes single texts alone (its "
                    "type_vocab_size is {})",
                    config().type_vocab_size));
  Encoding encoding;
  try {
    encoding = encode_from(input, cut.side.value_or(tokenizer().input_rules().truncation_side));
  } catch (const UsageError& error) {
    throw RequestError(Fault::tokenizer, error.what());
  }
  refuse_cut(encoding, cut);
  return encoding;
}

Encoding ServedModel::encode(std::vector<std::int32_t> ids, const CutOptions& cut) const {
  for (const std::int32_t id : ids)
    if (id >= config().vocab_size)
      throw RequestError(Fault::validation, fmt::format("`inputs` has the token id {}, expected 0 to {}", id,
                                                        config().vocab_size - 1));
  Encoding encoding;
  encoding.truncated = ids.size() > max_input_length_;
  if (encoding.truncated) {
    const auto surplus = static_cast<std::ptrdiff_t>(ids.size() - max_input_length_);
    const bool at_the_left = cut.side == TruncationSide::left;
    ids.erase(at_the_left ? ids.begin() : ids.end() - surplus,
              at_the_left ? ids.begin() + surplus : ids.end());
  }
  encoding.type_ids.resize(ids.size());
  encoding.offsets.resize(ids.size());
  encoding.segments.resize(ids.size(), Segment::special);
  encoding.ids = std::move(ids);
  refuse_cut(encoding, cut);
  return encoding;
}

Encoding ServedModel::encode(const TextOrIds& input, const std::string& prompt, const CutOptions& cut) const {
  if (const auto* ids = std::get_if<std::vector<std::int32_t>>(&input)) return encode(*ids, cut);
  return encode(TextOrPair{.text = prompt + std::get<std::string>(input)}, cut);
}

const std::string& ServedModel::prompt(const std::optional<std::string>& name) const {
  if (!name) return prompts_.usual;
  const std::string* const found = find_prompt(prompts_, *name);
  if (found == nullptr)
    throw RequestError(Fault::validation,
                       fmt::format("`prompt_name` is {}, but {}", in_quotes(*name), names_of(prompts_)));
  return *found;
}

BatchItem item_of(const Encoding& encoding, std::optional<double> skim_threshold) {
  return {.ids = encoding.ids,
          .type_ids = encoding.type_ids,
          .never_skimmed = 0,
          .skim_threshold = skim_threshold};
}

}  // namespace transkimmer
