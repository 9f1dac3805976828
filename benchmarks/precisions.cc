// One data set in every precision, batch by batch in turn: scores, skim decisions that differ from f32's, how
// far logits move, and time inside the engine.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/machine/hardware.h"
#include "datasets/sample.h"
#include "datasets/tasks.h"
#include "features/batches.h"
#include "features/encoded_dataset.h"
#include "metrics/scores.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Options {
  std::string model, task, data_dir, split = "dev";
  std::size_t batch = 32, max_length = 512, examples = 0;
  int threads = 2;
  bool dense = false;
};

/// One precision's pass over the data. A decision is a token that comes before a layer's predictor; two runs
/// can differ in one decision of a token, after which they no longer decide about the same thing.
struct Contender {
  Engine engine;
  std::vector<double> outputs;
  std::vector<float> logits;
  std::vector<std::uint16_t> skimmed_at;
  double seconds = 0;
  std::size_t margins_in_f32 = 0;
};

struct Disagreement {
  double decisions = 0, tokens = 0, answers = 0, largest_logit_difference = 0;
};

std::size_t decisions_of(const Contender& one, std::size_t layers) {
  std::size_t decisions = 0;
  for (const std::uint16_t layer : one.skimmed_at) decisions += std::min<std::size_t>(layer + 1U, layers);
  return decisions;
}

Disagreement compare(const Contender& f32, const Contender& other, std::size_t layers) {
  const std::size_t decisions = decisions_of(f32, layers);
  std::size_t different = 0, answers = 0;
  for (std::size_t t = 0; t < f32.skimmed_at.size(); ++t)
    different += f32.skimmed_at[t] != other.skimmed_at[t];
  Disagreement result;
  for (std::size_t i = 0; i < f32.logits.size(); ++i)
    result.largest_logit_difference = std::max(
        result.largest_logit_difference, std::abs(static_cast<double>(f32.logits[i]) - other.logits[i]));
  for (std::size_t i = 0; i < f32.outputs.size(); ++i) answers += f32.outputs[i] != other.outputs[i];
  result.decisions = static_cast<double>(different) / static_cast<double>(decisions);
  result.tokens = static_cast<double>(different) / static_cast<double>(f32.skimmed_at.size());
  result.answers = static_cast<double>(answers) / static_cast<double>(f32.outputs.size());
  return result;
}

void run_batch(Contender& contender, const RaggedBatch& batch) {
  const auto start = Clock::now();
  const BatchResult result = contender.engine.run(batch);
  contender.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  contender.margins_in_f32 += result.margins_in_f32;
  const std::size_t labels = result.logits.size() / batch.sequences();
  for (std::size_t i = 0; i < batch.sequences(); ++i) {
    const auto row = result.logits.begin() + static_cast<std::ptrdiff_t>(i * labels);
    const auto end = row + static_cast<std::ptrdiff_t>(labels);
    contender.outputs.push_back(labels == 1 ? *row : static_cast<double>(std::max_element(row, end) - row));
  }
  contender.logits.insert(contender.logits.end(), result.logits.begin(), result.logits.end());
  contender.skimmed_at.insert(contender.skimmed_at.end(), result.skimmed_at.begin(), result.skimmed_at.end());
}

EncodedDataset encode(const Options& options, const ModelConfig& config) {
  const auto tokenizer = load_tokenizer(options.model, config);
  Dataset data = load_task(find_task(options.task), options.data_dir, split_from_name(options.split));
  keep_sample(data.examples, options.examples, kUsualSeed);
  const auto longest = static_cast<std::size_t>(config.max_tokens());
  return encode_dataset(data, *tokenizer, std::min(options.max_length, longest),
                        static_cast<unsigned>(options.threads));
}

std::vector<Contender> load(const Options& options) {
  std::vector<Contender> contenders;
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    EngineOptions engine;
    engine.threads = options.threads;
    engine.skimming = !options.dense;
    engine.precision = precision;
    Contender contender{Engine::load(options.model, engine), {}, {}, {}, 0};
    if (contender.engine.precision() == precision) contenders.push_back(std::move(contender));
  }
  return contenders;
}

/// Twice: the second time counts, when every matrix kernel has been made.
void run_all(std::vector<Contender>& contenders, const EncodedDataset& data, std::size_t batch_size) {
  for (int round = 0; round < 2; ++round) {
    for (Contender& one : contenders) {
      one.outputs.clear();
      one.logits.clear();
      one.skimmed_at.clear();
      one.seconds = 0;
      one.margins_in_f32 = 0;
    }
    for (std::size_t first = 0; first < data.size(); first += batch_size) {
      RaggedBatch batch;
      for (std::size_t i = first; i < std::min(data.size(), first + batch_size); ++i)
        batch.add(data.sequence_ids(i), data.sequence_type_ids(i));
      for (Contender& one : contenders) run_batch(one, batch);
    }
  }
}

Json report(const Options& options, const std::vector<Contender>& contenders, const EncodedDataset& data) {
  const auto& metrics = find_task(options.task).metrics;
  const auto layers = static_cast<std::size_t>(contenders.front().engine.config().num_hidden_layers);
  Json precisions;
  for (const Contender& one : contenders) {
    const Disagreement off = compare(contenders.front(), one, layers);
    precisions[std::string(name_of(one.engine.precision()))] = {
        {"metrics", compute_scores(metrics, one.outputs, data.labels)},
        {"seconds", one.seconds},
        {"margins_in_f32",
         static_cast<double>(one.margins_in_f32) / static_cast<double>(decisions_of(one, layers))},
        {"decisions_unlike_f32", off.decisions},
        {"tokens_unlike_f32", off.tokens},
        {"answers_unlike_f32", off.answers},
        {"largest_logit_difference", off.largest_logit_difference}};
  }
  return {{"model", options.model},     {"task", options.task},
          {"split", options.split},     {"examples", data.size()},
          {"tokens", data.ids.size()},  {"batch", options.batch},
          {"skimming", !options.dense}, {"threads", options.threads},
          {"precisions", precisions},   {"hardware", hardware_description()}};
}

void run(const Options& options) {
  std::vector<Contender> contenders = load(options);
  const EncodedDataset data = encode(options, contenders.front().engine.config());
  run_all(contenders, data, options.batch);
  std::cout << report(options, contenders, data).dump() << '\n';
}

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app("Scores, skim decisions and time of a classifier on a data set, in every precision in turn.");
  app.add_option("--model", options.model)->required();
  app.add_option("--task", options.task)->required();
  app.add_option("--data-dir", options.data_dir)->required();
  app.add_option("--split", options.split)->capture_default_str();
  app.add_option("--batch", options.batch)->capture_default_str();
  app.add_option("--max-length", options.max_length)->capture_default_str();
  app.add_option("--examples", options.examples, "A random choice of N, always the same (0: all)")
      ->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  app.add_flag("--dense", options.dense, "Without skimming");
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::run(options);
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
