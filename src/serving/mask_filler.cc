#include "transkimmer/mask_filler.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "runtime/probabilities.h"
#include "serving/decoded_text.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::masked_lm}, "a masked language model"};
  return kind;
}

/// The places of the `count` largest values, the first of equals first.
std::vector<std::int32_t> largest(const std::vector<float>& values, std::size_t count) {
  std::vector<std::int32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::int32_t a, std::int32_t b) {
    const float left = values[static_cast<std::size_t>(a)], right = values[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  });
  order.erase(end, order.end());
  return order;
}

}  // namespace

struct MaskFiller::Impl {
  explicit Impl(Model served) : model((require_kind(served, served_kind()), std::move(served))) {
    if (mask() < 0) throw UsageError(model.loaded().directory.string() + ": its tokenizer has no mask token");
  }

  const Tokenizer& tokenizer() const { return *model.loaded().tokenizer; }
  std::int32_t mask() const { return tokenizer().special_tokens().mask; }

  /// `logits` [masks, vocabulary].
  FilledText interpret(const Encoding& encoding, const std::vector<float>& logits, std::size_t top_k) const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < encoding.ids.size(); ++i)
      if (encoding.ids[i] == mask()) places.push_back(i);
    const std::size_t vocabulary = logits.size() / places.size();
    FilledText result;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto scores = probabilities_of(std::span(logits).subspan(i * vocabulary, vocabulary));
      std::vector<FilledToken>& filled = result.masks.emplace_back();
      for (const std::int32_t id : largest(scores, top_k)) {
        // A model may have rows for more ids than its tokenizer has tokens.
        if (static_cast<std::size_t>(id) >= tokenizer().vocabulary_size()) continue;
        std::vector<std::int32_t> ids = encoding.ids;
        ids[places[i]] = id;
        filled.push_back({.score = scores[static_cast<std::size_t>(id)],
                          .token = id,
                          .token_str = decode(tokenizer(), {&id, 1}, false),
                          .sequence = decode(tokenizer(), ids, places.size() == 1)});
      }
    }
    return result;
  }

  Model model;
};

MaskFiller::MaskFiller(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
MaskFiller::MaskFiller(MaskFiller&&) noexcept = default;
MaskFiller& MaskFiller::operator=(MaskFiller&&) noexcept = default;
MaskFiller::~MaskFiller() = default;

MaskFiller MaskFiller::load(const std::filesystem::path& directory, const EngineOptions& options,
                            const std::function<void(const std::string&)>& notices) {
  return MaskFiller(load_served(directory, options, notices, served_kind()));
}

ClassifyProgress MaskFiller::fill(std::span<const std::string_view> texts, const FillOptions& options,
                                  const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("fill is given an empty function to hand results to");
  if (options.top_k == 0) throw UsageError("top_k is 0, expected at least 1");
  std::vector<TextInput> inputs;
  for (const std::string_view text : texts) inputs.push_back({text});
  ClassifyOptions classify{options.batch_tokens, options.max_length};
  classify.progress = options.progress;
  return run_texts(impl_->model, inputs, classify,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     FilledText result = impl_->interpret(encoding, run.logits, options.top_k);
                     result.kept_fraction = std::move(run.kept_fraction);
                     result.truncated = encoding.truncated;
                     on_result(index, std::move(result));
                   },
                   {.only = impl_->mask()});
}

std::vector<FilledText> MaskFiller::fill(std::span<const std::string_view> texts,
                                         const FillOptions& options) const {
  std::vector<FilledText> results(texts.size());
  fill(texts, options, [&](std::size_t index, FilledText result) { results[index] = std::move(result); });
  return results;
}

std::vector<FilledText> MaskFiller::fill(std::initializer_list<std::string_view> texts,
                                         const FillOptions& options) const {
  return fill(std::span(texts.begin(), texts.size()), options);
}

const Model& MaskFiller::model() const {
  return impl_->model;
}

std::string_view MaskFiller::mask_token() const {
  return impl_->tokenizer().token(impl_->mask());
}

}  // namespace transkimmer
