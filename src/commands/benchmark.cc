#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/machine/hardware.h"
#include "base/median.h"
#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "model_files/config/change_head.h"
#include "model_files/model_directory.h"
#include "report/profile_report.h"
#include "runtime/engine.h"

namespace transkimmer {
namespace {

constexpr std::size_t kDefaultLength = 128;

struct BenchmarkOptions {
  std::filesystem::path model;
  EngineOptions engine;
  std::size_t batch = 32;
  std::size_t length = 0;  ///< 0: kDefaultLength or as long as the model allows
  std::size_t runs = 20;
  std::size_t warmup = 3;
  std::uint64_t seed = 0;
  bool profile = false;
  bool json = false;
};

struct Timing {
  double median_ms = 0;
  double minimum_ms = 0;
  double kept_fraction = 1;  ///< mean over layers of the tokens that went through the layer
};

/// Token ids drawn evenly from the vocabulary. Padding is left out: RoBERTa gives it a position of its own.
RaggedBatch random_batch(const ModelConfig& config, const BenchmarkOptions& options) {
  std::mt19937_64 random(options.seed);
  const auto vocabulary = static_cast<std::uint64_t>(config.vocab_size);
  RaggedBatch batch;
  std::vector<std::int32_t> ids(options.length);
  for (std::size_t i = 0; i < options.batch; ++i) {
    for (auto& id : ids) {
      do {
        id = static_cast<std::int32_t>(random() % vocabulary);
      } while (id == config.pad_token_id && vocabulary > 1);
    }
    batch.add(ids);
  }
  return batch;
}

double kept_fraction(const BatchResult& result, const RaggedBatch& batch, std::int64_t layers) {
  const double kept = std::accumulate(result.kept.begin(), result.kept.end(), 0.0);
  return kept / (static_cast<double>(batch.tokens()) * static_cast<double>(layers));
}

Timing measure(const Engine& engine, const RaggedBatch& batch, const BenchmarkOptions& options) {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < options.warmup; ++i) engine.run(batch);
  std::vector<double> milliseconds;
  Timing timing;
  for (std::size_t i = 0; i < options.runs; ++i) {
    const auto begin = Clock::now();
    const auto result = engine.run(batch);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    timing.kept_fraction = kept_fraction(result, batch, engine.config().num_hidden_layers);
  }
  timing.median_ms = median(milliseconds);
  timing.minimum_ms = *std::min_element(milliseconds.begin(), milliseconds.end());
  return timing;
}

/// As many runs again, as taking times inside them slows them a little.
Profile profile_of(const Engine& engine, const RaggedBatch& batch, const BenchmarkOptions& options) {
  Profile sum;
  for (std::size_t i = 0; i < options.runs; ++i) sum += engine.profile(batch);
  return sum;
}

struct Rates {
  double tokens = 0;
  double sequences = 0;
};

Rates rates_per_second(const Timing& timing, const BenchmarkOptions& options) {
  const double sequences = static_cast<double>(options.batch) / (timing.median_ms / 1000);
  return {sequences * static_cast<double>(options.length), sequences};
}

Json as_json(const Engine& engine, const Timing& timing, const BenchmarkOptions& options) {
  const Rates rates = rates_per_second(timing, options);
  return {{"milliseconds",
           {{"median", timing.median_ms}, {"minimum", timing.minimum_ms}, {"runs", options.runs}}},
          {"tokens_per_second", rates.tokens},
          {"sequences_per_second", rates.sequences},
          {"batch", options.batch},
          {"length", options.length},
          {"kept_fraction", timing.kept_fraction},
          {"threads", engine.threads()},
          {"precision", name_of(engine.precision())},
          {"hardware", hardware_description()}};
}

void print_table(const Engine& engine, const Timing& timing, const BenchmarkOptions& options) {
  const ModelConfig& config = engine.config();
  const Rates rates = rates_per_second(timing, options);
  const std::string mode = engine.skimming() ? fmt::format("skimming, threshold {}", engine.skim_threshold())
                                             : std::string("dense (no token is skimmed)");
  const auto row = [](std::string_view name, const std::string& value) {
    std::cout << fmt::format("{:<14}{}\n", name, value);
  };
  row("model", fmt::format("{}: {} layers, hidden size {}{}", escaped(options.model.string()),
                           config.num_hidden_layers, config.hidden_size,
                           has_task_head(config) ? "" : ", no task head"));
  row("input", fmt::format("{} sequences of {} random tokens, unpadded", options.batch, options.length));
  row("mode", mode);
  row("threads", std::to_string(engine.threads()));
  row("precision", std::string(name_of(engine.precision())));
  row("hardware", hardware_description());
  row("kept", fmt::format("{:.1f} % of tokens, mean over layers", 100 * timing.kept_fraction));
  row("median", fmt::format("{:.3f} ms per batch ({} runs after {} to warm up)", timing.median_ms,
                            options.runs, options.warmup));
  row("minimum", fmt::format("{:.3f} ms per batch", timing.minimum_ms));
  row("throughput", fmt::format("{:.0f} tokens/s, {:.1f} sequences/s (entering the model, by the median)",
                                rates.tokens, rates.sequences));
  if (engine.skimming()) {
    std::cout << "\nRandom tokens are not text: what is kept here says little about real inputs. For the "
                 "same weights\n"
                 "run dense add --dense; for real texts use 'transkimmer evaluate'.\n";
  }
}

void run_benchmark(BenchmarkOptions options) {
  ModelConfig config = ModelConfig::load(options.model);
  // Who pretrains or serves an encoder wants its layers timed, not a vocabulary's logits for every token.
  if (config.head == HeadKind::masked_lm) config = with_head(std::move(config), HeadKind::none);
  const auto engine =
      Engine::load(options.model, std::move(config), options.engine, notices_on_standard_error());
  if (options.length == 0) {
    options.length = std::min(kDefaultLength, static_cast<std::size_t>(engine.config().max_tokens()));
  }
  const auto batch = random_batch(engine.config(), options);
  const auto timing = measure(engine, batch, options);
  std::optional<Profile> profile;
  if (options.profile) profile = profile_of(engine, batch, options);
  if (options.json) {
    Json object = as_json(engine, timing, options);
    if (profile) object["profile"] = as_json(*profile, options.runs);
    print_json(object);
  } else {
    print_table(engine, timing, options);
    if (profile) std::cout << '\n' << profile_table(*profile, options.runs);
  }
}

void add_shape_options(CLI::App& command, BenchmarkOptions& options) {
  const auto count = [&command](const char* name, std::size_t& value, const char* description,
                                std::int64_t minimum) {
    command.add_option(name, value, description)
        ->type_name("N")
        ->check(whole_number(minimum, 1 << 20))
        ->group("Measurement");
  };
  count("--batch", options.batch, "Sequences per batch", 1);
  count("--length", options.length, "Tokens per sequence; 0: 128, or as many as the model allows", 0);
  count("--runs", options.runs, "Timed runs", 1);
  count("--warmup", options.warmup, "Runs before the timed ones", 0);
  command.add_option("--seed", options.seed, "Seed of the random tokens")
      ->type_name("N")
      ->check(whole_number(0))
      ->group("Measurement");
}

}  // namespace

void add_benchmark_command(CLI::App& app) {
  auto options = std::make_shared<BenchmarkOptions>();
  CLI::App* command = app.add_subcommand("benchmark",
                                         "Time the engine alone on random tokens. Loading and tokenization "
                                         "are not counted; the batch is the same in "
                                         "every run. Reports the median and the minimum time per batch.");
  add_model_option(*command, options->model);
  add_shape_options(*command, *options);
  command
      ->add_flag("--profile", options->profile,
                 "Also show where the time goes: by operation, with the arithmetic per second")
      ->group("Measurement");
  add_engine_options(*command, options->engine);
  add_json_option(*command, options->json);
  command->footer("Example:\n  transkimmer benchmark --model my-model --batch 32 --length 128 --threads 2");
  command->callback([options] { run_benchmark(*options); });
}

}  // namespace transkimmer
