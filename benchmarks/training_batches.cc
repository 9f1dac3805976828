// Writes the batches of a fine-tuning run as JSON lines, one a step: {"ids": [[...]], "types": [[...]],
// "labels": [...]}, sequences without padding. Other programs can learn from the same examples in the same
// order.
#include <cstdio>
#include <filesystem>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/tokenizer_files.h"
#include "training/objectives/batching.h"
#include "training/runs/finetuning_inputs.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Options {
  std::filesystem::path model;
  std::string task;
  std::filesystem::path data_dir;
  std::size_t batch_size = 32, steps = 100, max_length = 512;
  std::uint64_t seed = 42;
};

void write_batch(const EncodedDataset& data, const Batch& batch) {
  nlohmann::json line = {{"ids", nlohmann::json::array()},
                         {"types", nlohmann::json::array()},
                         {"labels", nlohmann::json::array()}};
  for (const std::uint32_t i : batch) {
    const auto ids = data.sequence_ids(i), types = data.sequence_type_ids(i);
    line["ids"].push_back(std::vector(ids.begin(), ids.end()));
    line["types"].push_back(std::vector(types.begin(), types.end()));
    line["labels"].push_back(data.labels[i]);
  }
  std::puts(line.dump().c_str());
}

void write_batches(const Options& options) {
  FinetuningOptions finetuning;
  finetuning.data.task = options.task;
  finetuning.data.data_dir = options.data_dir;
  finetuning.training.seed = options.seed;
  const FinetuningTexts texts = load_texts(finetuning, {});
  const auto tokenizer = load_tokenizer(options.model, ModelConfig::load(options.model));
  const EncodedDataset data = encode_dataset(texts.train, *tokenizer, options.max_length, 1);
  EpochBatches batches(sequence_lengths(data), {.batch_size = options.batch_size, .seed = options.seed});
  const auto per_epoch = static_cast<std::size_t>(batches.per_epoch());
  for (std::size_t step = 0; step < options.steps; ++step)
    write_batch(data, batches.at(static_cast<std::int64_t>(step / per_epoch),
                                 static_cast<std::int64_t>(step % per_epoch)));
}

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app{"Writes the batches of a fine-tuning run as JSON lines."};
  app.add_option("--model", options.model, "whose tokenizer to use")->required();
  app.add_option("--task", options.task)->required();
  app.add_option("--data-dir", options.data_dir)->required();
  app.add_option("--batch-size", options.batch_size)->capture_default_str();
  app.add_option("--steps", options.steps)->capture_default_str();
  app.add_option("--max-length", options.max_length)->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::write_batches(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "training_batches: %s\n", error.what());
    return 1;
  }
  return 0;
}
