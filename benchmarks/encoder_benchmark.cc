// A dense encoder of random weights in every precision, run in turn: milliseconds, the arithmetic that is
// really done per second, its fraction of the machine's peak, which is measured first, and where the time
// goes.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine/hardware.h"
#include "peaks.h"
#include "random_weights.h"
#include "runtime/engine.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Options {
  ModelShape shape;
  std::vector<std::size_t> lengths = {16, 128};
  std::vector<double> peaks;  ///< GFLOP/s of f32, bf16, int8; empty: measured
  std::size_t batch = 1, runs = 20;
  int threads = 2;
};

/// A directory that goes when this does.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "transkimmer-benchmark-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw IoError("cannot make a directory " + name);
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

RaggedBatch random_batch(std::size_t sequences, std::size_t length) {
  std::mt19937 generator(2);
  RaggedBatch batch;
  for (std::size_t i = 0; i < sequences; ++i) {
    std::vector<std::int32_t> ids(length);
    for (auto& id : ids) id = static_cast<std::int32_t>(1 + generator() % 999);
    batch.add(ids);
  }
  return batch;
}

constexpr std::size_t kProfiledRuns = 5;

struct Contender {
  Engine engine;
  double peak;
  std::vector<double> milliseconds;
  Profile profile;
};

std::vector<double> measured_peaks(int threads) {
  const Peaks peaks = measure_peaks(threads);
  return {peaks.f32 / 1e9, peaks.bf16 / 1e9, peaks.int8 / 1e9};
}

std::vector<Contender> load(const Options& options, const std::filesystem::path& directory) {
  std::vector<Contender> contenders;
  constexpr Precision kPrecisions[] = {Precision::f32, Precision::bf16, Precision::int8};
  for (std::size_t i = 0; i < std::size(kPrecisions); ++i) {
    EngineOptions engine;
    engine.threads = options.threads;
    engine.skimming = false;
    engine.precision = kPrecisions[i];
    Contender contender{Engine::load(directory, engine), options.peaks.at(i), {}, {}};
    if (contender.engine.precision() == kPrecisions[i]) contenders.push_back(std::move(contender));
  }
  return contenders;
}

void measure(std::vector<Contender>& contenders, const RaggedBatch& batch, std::size_t runs) {
  for (Contender& one : contenders) {
    one.milliseconds.clear();
    one.profile = {};
  }
  constexpr std::size_t kWarmUp = 2;
  // Several runs a turn: after another model's weights, the first of them finds none of its own in the cache.
  constexpr std::size_t kRunsPerTurn = 5;
  for (std::size_t done = 0; done < runs; done += kRunsPerTurn)
    for (Contender& one : contenders)
      for (std::size_t i = 0; i < kWarmUp + kRunsPerTurn; ++i) {
        const auto start = std::chrono::steady_clock::now();
        one.engine.run(batch);
        const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
        if (i >= kWarmUp) one.milliseconds.push_back(elapsed.count());
      }
  for (std::size_t i = 0; i < kProfiledRuns; ++i)
    for (Contender& one : contenders) one.profile += one.engine.profile(batch);
  for (Contender& one : contenders) std::sort(one.milliseconds.begin(), one.milliseconds.end());
}

std::uint64_t macs(const Profile& profile) {
  std::uint64_t sum = 0;
  for (const OperationTotals& one : profile.operations.totals) sum += one.macs;
  return sum;
}

void print(const Contender& contender, const Options& options, std::size_t length) {
  const auto& times = contender.milliseconds;
  const double median = times[times.size() / 2];
  const double operations = 2.0 * static_cast<double>(macs(contender.profile)) / kProfiledRuns;
  const double rate = operations / median / 1e6;
  const std::string fraction =
      contender.peak > 0 ? fmt::format("{:.0f} %", 100 * rate / contender.peak) : "-";
  std::cout << fmt::format("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.0f} | {} |\n", options.batch,
                           length, name_of(contender.engine.precision()), median, times.front(),
                           times[times.size() * 9 / 10], rate, fraction);
}

std::string share_and_rate(const Profile& profile, double thread_seconds, std::uint64_t operation_macs) {
  const double seconds = thread_seconds / profile.threads;
  std::string text = fmt::format("{:.1f} %", 100 * seconds / profile.seconds);
  if (operation_macs > 0)
    text += fmt::format(", {:.0f} GFLOP/s", 2e-9 * static_cast<double>(operation_macs) / seconds);
  return text;
}

/// The share of each operation in the time of all threads, and its rate.
void print_profiles(const std::vector<Contender>& contenders, std::size_t length) {
  std::cout << fmt::format("\n| {} tokens |", length);
  for (const Contender& one : contenders) std::cout << fmt::format(" {} |", name_of(one.engine.precision()));
  std::cout << "\n| --- |";
  for (std::size_t i = 0; i < contenders.size(); ++i) std::cout << " --- |";
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const auto operation = static_cast<Operation>(i);
    const auto totals = [&](const Contender& one) { return one.profile.operations.of(operation); };
    if (std::ranges::all_of(contenders, [&](const Contender& one) { return totals(one).seconds <= 0; }))
      continue;
    std::cout << fmt::format("\n| {} |", name_of(operation));
    for (const Contender& one : contenders)
      std::cout << ' ' << share_and_rate(one.profile, totals(one).seconds, totals(one).macs) << " |";
  }
  std::cout << "\n| waiting, sharing out |";
  for (const Contender& one : contenders)
    std::cout << ' ' << share_and_rate(one.profile, one.profile.waiting(), 0) << " |";
  std::cout << '\n';
}

void run(Options options) {
  if (options.peaks.empty()) options.peaks = measured_peaks(options.threads);
  const Directory directory;
  write_random_weights(config_of(options.shape), directory.path());
  std::vector<Contender> contenders = load(options, directory.path());
  std::cout << fmt::format(
      "{}; {} threads; {} layers, hidden size {}, feed-forward {}; {} runs; peaks {:.0f} GFLOP/s in f32, "
      "{:.0f} in bf16, {:.0f} in int8.\n",
      hardware_description(), options.threads, options.shape.layers, options.shape.hidden,
      options.shape.feed_forward, options.runs, options.peaks[0], options.peaks[1], options.peaks[2]);
  for (const std::size_t length : options.lengths) {
    std::cout << "\n| batch | tokens | precision | median ms | least | 90 % | GFLOP/s | of peak |\n"
                 "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    measure(contenders, random_batch(options.batch, length), options.runs);
    for (const Contender& one : contenders) print(one, options, length);
    print_profiles(contenders, length);
  }
}

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app("Times a dense encoder of random weights in f32, bf16 and int8, in turn.");
  app.add_option("--layers", options.shape.layers)->capture_default_str();
  app.add_option("--hidden", options.shape.hidden)->capture_default_str();
  app.add_option("--heads", options.shape.heads)->capture_default_str();
  app.add_option("--feed-forward", options.shape.feed_forward)->capture_default_str();
  app.add_option("--lengths", options.lengths, "Tokens per sequence")->delimiter(',')->capture_default_str();
  app.add_option("--peaks", options.peaks, "Peaks of f32, bf16, int8 in GFLOP/s (default: measured)")
      ->delimiter(',')
      ->expected(3);
  app.add_option("--batch", options.batch, "Sequences")->capture_default_str();
  app.add_option("--runs", options.runs)->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::run(options);
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
