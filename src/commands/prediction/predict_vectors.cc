#include "commands/prediction/predict_vectors.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/prediction/result_printer.h"
#include "commands/prediction/text_stream.h"
#include "commands/program/output.h"
#include "transkimmer/embedder.h"
#include "transkimmer/quantization.h"
#include "transkimmer/sparse_embedder.h"

namespace transkimmer {

void predict_sparse(const PredictOptions& options, Model model) {
  const SparseEmbedder embedder(std::move(model));
  for_each_text(options, [&](const auto&, const auto& inputs, const auto& classify, CutNotice& cut) {
    const SparseEmbedOptions embed{
        .max_active_dims = options.max_active_dims,
        .batch_tokens = std::min(classify.batch_tokens, SparseEmbedOptions().batch_tokens),
        .max_length = classify.max_length,
        .progress = classify.progress};
    return embedder.embed(single_texts(inputs, "a sparse embedder"), embed,
                          [&](std::size_t, const SparseEmbedding& result) {
                            print_result(result, options.json);
                            cut.see(result.truncated);
                          });
  });
}

namespace {

/// sentence-transformers warns below as many.
constexpr std::size_t kFewVectors = 100;

void for_each_embedding(const PredictOptions& options, const Embedder& embedder,
                        const std::function<void(Embedding)>& on_result) {
  for_each_text(options, [&](const auto&, const auto& inputs, const auto& classify, CutNotice& cut) {
    const EmbedOptions embed{.batch_tokens = classify.batch_tokens,
                             .max_length = classify.max_length,
                             .dimensions = options.dimensions,
                             .prompt = options.prompt,
                             .progress = classify.progress};
    return embedder.embed(single_texts(inputs, "an embedder"), embed, [&](std::size_t, Embedding result) {
      cut.see(result.truncated);
      on_result(std::move(result));
    });
  });
}

template <typename Byte>
std::vector<int> numbers_of(const std::vector<Byte>& bytes) {
  return {bytes.begin(), bytes.end()};
}

bool is_of_bytes(const std::string& precision) {
  return precision == "int8" || precision == "uint8";
}

/// What --embedding-precision makes of a vector; `ranges` are read for bytes alone.
std::vector<int> quantized(const std::string& precision, std::span<const float> values,
                           const ValueRanges& ranges) {
  if (precision == "int8") return numbers_of(to_int8(values, ranges));
  if (precision == "uint8") return numbers_of(to_uint8(values, ranges));
  if (precision == "binary") return numbers_of(to_binary(values));
  return numbers_of(to_ubinary(values));
}

ValueRanges calibrated(PredictOptions options, const Embedder& embedder) {
  options.input = {.path = options.calibration};
  options.progress = false;
  ValueRanges ranges;
  for_each_embedding(options, embedder, [&](const Embedding& result) { ranges.add(result.values); });
  if (ranges.vectors() < 2)
    throw UsageError(fmt::format("--calibration: {} has {} texts, expected two or more",
                                 options.calibration.string(), ranges.vectors()));
  return ranges;
}

/// In bytes whose ranges are those of all the vectors, which are printed when the last one is there.
void predict_in_own_ranges(const PredictOptions& options, const Embedder& embedder) {
  std::vector<Embedding> results;
  ValueRanges ranges;
  for_each_embedding(options, embedder, [&](Embedding result) {
    ranges.add(result.values);
    results.push_back(std::move(result));
  });
  if (ranges.vectors() == 1)
    throw UsageError(
        fmt::format("--embedding-precision {}: one vector says nothing of the range of its values, "
                    "which texts of --calibration do",
                    options.embedding_precision));
  if (ranges.vectors() > 0 && ranges.vectors() < kFewVectors)
    notices_on_standard_error()(
        fmt::format("the ranges of bytes are those of {} vectors alone, which others will "
                    "not keep to: --calibration",
                    ranges.vectors()));
  for (const Embedding& result : results)
    print_result(result, quantized(options.embedding_precision, result.values, ranges), options.json);
}

}  // namespace

void predict_embeddings(const PredictOptions& options, Model model) {
  const Embedder embedder(std::move(model));
  const std::string& precision = options.embedding_precision;
  if (!options.calibration.empty() && !is_of_bytes(precision))
    throw UsageError("--calibration goes with --embedding-precision int8 or uint8");
  if (precision == embedding_precision_names().front())
    return for_each_embedding(options, embedder,
                              [&](const Embedding& result) { print_result(result, options.json); });
  if (is_of_bytes(precision) && options.calibration.empty()) return predict_in_own_ranges(options, embedder);
  const ValueRanges ranges = is_of_bytes(precision) ? calibrated(options, embedder) : ValueRanges();
  for_each_embedding(options, embedder, [&](const Embedding& result) {
    print_result(result, quantized(precision, result.values, ranges), options.json);
  });
}

}  // namespace transkimmer
