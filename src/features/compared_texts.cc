#include "features/compared_texts.h"

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {

Dataset single_texts(const Dataset& dataset, const std::string& prompt) {
  Dataset singles = {.examples = {},
                     .labels = dataset.labels,
                     .labelled = dataset.labelled,
                     .origin = dataset.origin,
                     .skipped_rows = {}};
  singles.examples.reserve(dataset.examples.size());
  for (const Example& example : dataset.examples)
    singles.examples.push_back(
        {.text = prompt + example.text, .text_pair = std::nullopt, .label = example.label});
  for (const Example& example : dataset.examples)
    if (example.text_pair)
      singles.examples.push_back(
          {.text = prompt + *example.text_pair, .text_pair = std::nullopt, .label = example.label});
  return singles;
}

EncodedDataset encode_compared(const Dataset& pairs, const std::string& prompt, const Tokenizer& tokenizer,
                               std::size_t max_length, unsigned threads) {
  for (std::size_t i = 0; i < pairs.examples.size(); ++i)
    if (!pairs.examples[i].text_pair)
      throw UsageError(
          fmt::format("{}: text {} has no second one that it could be compared with", pairs.origin, i + 1));
  EncodedDataset encoded = encode_dataset(single_texts(pairs, prompt), tokenizer, max_length, threads);
  encoded.labels.resize(pairs.examples.size());
  return encoded;
}

}  // namespace transkimmer
