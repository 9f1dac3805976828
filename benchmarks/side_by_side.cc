// One data set, three ways, interleaved: libtorch dense and padded, the runtime dense and ragged, the runtime
// skimmed. Prints the time of each and how far the two dense ones differ.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/machine/hardware.h"
#include "datasets/sample.h"
#include "datasets/squad.h"
#include "datasets/tasks.h"
#include "features/encoded_dataset.h"
#include "features/questions/qa_windows.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "plain_libtorch.h"
#include "runtime/engine.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string dense, skimmed, task, data_dir, split = "dev";
  std::size_t batch = 32, max_length = 0, examples = 0;
  int threads = 2;
};

/// Batches that each contender runs before the next one's turn.
constexpr std::size_t kBatchesPerTurn = 64;

/// What another contender leaves behind (caches full of its weights, threads that go to sleep) slows down
/// whoever comes next for some 10 ms, as measured: as much of a turn does not count.
constexpr double kWarmUpSeconds = 0.02;

/// Seconds below which a round of all three is at the mercy of what else the machine does, and how many
/// rounds then make up for it: everyone comes after everyone else as often in six of them.
constexpr double kShortRound = 10;
constexpr std::size_t kShortRounds = 6;

struct Contender {
  double seconds = 0;
  std::vector<float> logits;
};

/// libtorch dense and padded, the runtime dense, the runtime skimmed.
constexpr std::size_t kContenders = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

class SideBySide {
 public:
  explicit SideBySide(const Options& options)
      : options_(options), dense_(load(options.dense, false)), skimmed_(load(options.skimmed, true)) {
    torch::set_num_threads(options.threads);
    ModelConfig config = dense_.config();
    libtorch_.emplace(config, ModelWeights::load(options.dense, config, {false, true}));
    data_ = config.head == HeadKind::question_answering ? encode_questions(config) : encode_texts(config);
  }

  /// Once without counting, to make every matrix kernel that the row counts ask for; then the median of
  /// rounds.
  void run() {
    const auto start = Clock::now();
    run_round();
    rounds_ = seconds_since(start) < kShortRound ? kShortRounds : 1;
    std::array<std::vector<double>, kContenders> seconds;
    for (std::size_t round = 0; round < rounds_; ++round) {
      run_round();
      for (std::size_t i = 0; i < kContenders; ++i) seconds[i].push_back(contenders_[i].seconds);
    }
    for (std::size_t i = 0; i < kContenders; ++i) contenders_[i].seconds = median(seconds[i]);
  }

  nlohmann::ordered_json report() const {
    const auto& [padded, ragged, removed] = contenders_;
    double difference = 0;
    for (std::size_t i = 0; i < ragged.logits.size(); ++i) {
      const double here = std::abs(static_cast<double>(ragged.logits[i]) - padded.logits[i]);
      if (!(here <= difference)) difference = here;  // not-a-number, too
    }
    return {{"task", options_.task},
            {"split", options_.split},
            {"examples", data_.size()},
            {"tokens", data_.ids.size()},
            {"batch", options_.batch},
            {"threads", options_.threads},
            {"rounds", rounds_},
            {"seconds",
             {{"libtorch_dense_padded", padded.seconds},
              {"runtime_dense_ragged", ragged.seconds},
              {"runtime_skimmed", removed.seconds}}},
            {"largest_dense_logit_difference", difference},
            {"libtorch", TORCH_VERSION},
            {"hardware", hardware_description()}};
  }

 private:
  void run_round() {
    contenders_ = {};
    for (std::size_t first = 0; first < data_.size(); first += kBatchesPerTurn * options_.batch)
      take_turns(first, std::min(data_.size(), first + kBatchesPerTurn * options_.batch));
  }

  std::size_t max_length(const ModelConfig& config, std::size_t usual) const {
    return std::min<std::size_t>(options_.max_length > 0 ? options_.max_length : usual,
                                 static_cast<std::size_t>(config.max_tokens()));
  }

  EncodedDataset encode_texts(const ModelConfig& config) const {
    const auto tokenizer = load_tokenizer(options_.dense, config);
    Dataset data = load_task(find_task(options_.task), options_.data_dir, split_from_name(options_.split));
    keep_sample(data.examples, options_.examples, kUsualSeed);
    return encode_dataset(data, *tokenizer, max_length(config, 512), static_cast<unsigned>(options_.threads));
  }

  EncodedDataset encode_questions(const ModelConfig& config) const {
    const auto tokenizer = load_tokenizer(options_.dense, config);
    QaDataset data = load_squad(find_squad_file(options_.data_dir, split_from_name(options_.split)));
    keep_sample(data.examples, options_.examples, kUsualSeed);
    const QaWindowOptions windows = windows_of_length(max_length(config, 384));
    return make_qa_windows(data, *tokenizer, windows, static_cast<unsigned>(options_.threads)).tokens;
  }

  Engine load(const std::string& directory, bool skimming) const {
    EngineOptions engine;
    engine.threads = options_.threads;
    engine.skimming = skimming;
    return Engine::load(directory, engine);
  }

  std::vector<float> run_batch(std::size_t contender, std::size_t first, std::size_t last) {
    if (contender == 0) return run_libtorch(first, last);
    return run_engine(contender == 1 ? dense_ : skimmed_, first, last);
  }

  void run_turn(std::size_t contender, std::size_t first, std::size_t last) {
    const auto run = [&](std::size_t begin) {
      return run_batch(contender, begin, std::min(last, begin + options_.batch));
    };
    const auto warm_up = Clock::now();
    for (std::size_t begin = first; seconds_since(warm_up) < kWarmUpSeconds;
         begin = begin + options_.batch < last ? begin + options_.batch : first)
      run(begin);
    Contender& own = contenders_[contender];
    const auto start = Clock::now();
    for (; first < last; first += options_.batch) {
      const std::vector<float> logits = run(first);
      own.logits.insert(own.logits.end(), logits.begin(), logits.end());
    }
    own.seconds += seconds_since(start);
  }

  void take_turns(std::size_t first, std::size_t last) {
    for (const std::size_t contender : order_) run_turn(contender, first, last);
    std::ranges::next_permutation(order_);
  }

  std::vector<float> run_engine(const Engine& engine, std::size_t first, std::size_t last) const {
    RaggedBatch batch;
    const SkimProtection protection = engine.config().skim.protection;
    for (std::size_t i = first; i < last; ++i)
      batch.add(data_.sequence_ids(i), data_.sequence_type_ids(i), data_.never_skimmed(i, protection));
    return engine.run(batch).logits;
  }

  std::vector<float> run_libtorch(std::size_t first, std::size_t last) const {
    std::size_t longest = 0;
    for (std::size_t i = first; i < last; ++i) longest = std::max(longest, data_.length(i));
    const auto rows = static_cast<std::int64_t>(last - first), columns = static_cast<std::int64_t>(longest);
    Tensor ids = torch::zeros({rows, columns}, torch::kLong), types = torch::zeros_like(ids);
    Tensor mask = torch::zeros({rows, columns}, torch::kFloat);
    for (std::size_t i = first; i < last; ++i)
      for (std::size_t t = 0; t < data_.length(i); ++t) {
        const std::size_t at = (i - first) * longest + t;
        ids.data_ptr<std::int64_t>()[at] = data_.sequence_ids(i)[t];
        types.data_ptr<std::int64_t>()[at] = data_.sequence_type_ids(i)[t];
        mask.data_ptr<float>()[at] = 1;
      }
    Tensor logits = libtorch_->forward(ids, types, mask);
    if (logits.dim() == 3) logits = logits.index({mask.to(torch::kBool)});  // as ragged: [tokens, 2]
    logits = logits.contiguous();
    return {logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()};
  }

  Options options_;
  Engine dense_, skimmed_;
  std::optional<PlainBert> libtorch_;
  EncodedDataset data_;
  std::array<Contender, kContenders> contenders_;
  std::array<std::size_t, kContenders> order_{0, 1, 2};
  std::size_t rounds_ = 0;
};

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app(
      "Times one data set through libtorch (dense, padded), the runtime (dense, ragged) and the runtime "
      "(skimmed), interleaved.");
  app.add_option("--dense", options.dense, "Directory of the dense model")->required();
  app.add_option("--skimmed", options.skimmed, "Directory of its skimmed twin")->required();
  app.add_option("--task", options.task)->required();
  app.add_option("--data-dir", options.data_dir)->required();
  app.add_option("--split", options.split)->capture_default_str();
  app.add_option("--batch", options.batch)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--max-length", options.max_length, "Tokens (0: 512; of windows of questions 384)")
      ->capture_default_str();
  app.add_option("--examples", options.examples,
                 "A random choice of N texts or questions, always the same (0: all)")
      ->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::SideBySide comparison(options);
    comparison.run();
    std::cout << comparison.report().dump() << '\n';
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
