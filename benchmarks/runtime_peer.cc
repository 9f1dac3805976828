// The runtime as one who takes part in benchmarks/compare: dense, or skimmed to a given profile of kept
// tokens.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/machine/hardware.h"
#include "features/batches.h"
#include "model/cost.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "peer.h"
#include "runtime/engine.h"
#include "serving/encoded_windows.h"
#include "transkimmer/classifier.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Options {
  std::string model, problem;
  Precision precision = Precision::f32;
  std::vector<double> keep;  ///< per layer; one entry: every layer; empty: dense
  bool tokenize = false;
  int threads = 2;
};

/// Keeps the wanted share of any stretch of tokens: multiples of the golden ratio, without their whole part,
/// fill the unit interval evenly wherever one begins. A token skimmed at a layer is skimmed at later ones
/// that keep no more.
KeepDecision keep_share(const std::vector<double>& shares) {
  return [shares](std::size_t layer, std::size_t token, float) {
    constexpr double kGoldenRatio = 1.618033988749895;
    const double place = static_cast<double>(token) * kGoldenRatio;
    return place - std::floor(place) < shares[std::min(layer, shares.size() - 1)];
  };
}

class RuntimePeer {
 public:
  explicit RuntimePeer(const Options& options)
      : options_(options),
        problem_(load_problem(options.problem)),
        engine_(load(options)),
        tokenizer_(load_tokenizer(options.model, engine_.config())) {
    if (!options.keep.empty()) keep_ = keep_share(options.keep);
  }

  void serve_lines() {
    Peer peer;
    peer.description = {{"name", "Transkimmer"},
                        {"precision", name_of(engine_.precision())},
                        {"threads", engine_.threads()},
                        {"hardware", hardware_description()}};
    peer.pass = [this] { return options_.tokenize ? classify_texts() : run_batches(); };
    peer.account = [this] {
      return nlohmann::ordered_json{{"macs", macs_.count}, {"dense_macs", dense_macs_.count}};
    };
    serve(peer);
  }

 private:
  static Engine load(const Options& options) {
    EngineOptions engine;
    engine.threads = options.threads;
    engine.precision = options.precision;
    engine.skimming = !options.keep.empty();
    return Engine::load(options.model, engine);
  }

  std::vector<float> run_batches() {
    macs_ = dense_macs_ = {};
    return in_batches(problem_, [this](std::size_t index) {
      RaggedBatch batch;
      for (std::size_t i = problem_.begin(index); i < problem_.end(index); ++i)
        batch.add(problem_.sequences[i]);
      return run(batch);
    });
  }

  /// From the texts, scheduled as Classifier::classify does, whose tokens cannot be kept to a profile.
  std::vector<float> classify_texts() {
    macs_ = dense_macs_ = {};
    const std::size_t batch_tokens = ClassifyOptions().batch_tokens;
    const EncodeOptions encoding{.max_length = static_cast<std::size_t>(engine_.config().max_tokens())};
    EncodedWindows windows(problem_.texts.size(), {batch_tokens, 8 * batch_tokens},
                           [&](std::size_t i) { return tokenizer_->encode(problem_.texts[i], encoding); });
    std::vector<float> logits(problem_.texts.size() * labels());
    while (const auto window = windows.next()) classify_window(*window, batch_tokens, logits);
    return logits;
  }

  void classify_window(const EncodedWindow& window, std::size_t batch_tokens, std::vector<float>& logits) {
    std::vector<std::size_t> lengths;
    for (const Encoding& encoding : window.encodings) lengths.push_back(encoding.ids.size());
    for (const Batch& members : length_sorted_batches(lengths, {SIZE_MAX, batch_tokens})) {
      RaggedBatch batch;
      for (const std::uint32_t i : members) batch.add(window.encodings[i].ids);
      const std::vector<float> some = run(batch);
      for (std::size_t m = 0; m < members.size(); ++m)
        std::copy_n(some.begin() + static_cast<std::ptrdiff_t>(m * labels()), labels(),
                    logits.begin() + static_cast<std::ptrdiff_t>((window.first + members[m]) * labels()));
    }
  }

  std::size_t labels() const { return engine_.config().labels.size(); }

  std::vector<float> run(const RaggedBatch& batch) {
    BatchResult result = engine_.run(batch, {.keep = keep_});
    account(batch, result);
    return std::move(result.logits);
  }

  void account(const RaggedBatch& batch, const BatchResult& result) {
    const std::size_t sequences = batch.sequences();
    std::vector<std::uint32_t> kept(result.kept.size() / sequences);
    for (std::size_t i = 0; i < sequences; ++i) {
      for (std::size_t layer = 0; layer < kept.size(); ++layer)
        kept[layer] = result.kept[layer * sequences + i];
      const std::size_t tokens = batch.starts[i + 1] - batch.starts[i];
      const Macs dense = dense_cost(engine_.spec(), tokens);
      macs_ += keep_ ? skimmed_cost(engine_.spec(), tokens, kept) : dense;
      dense_macs_ += dense;
    }
  }

  Options options_;
  Problem problem_;
  Engine engine_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  KeepDecision keep_;
  Macs macs_, dense_macs_;
};

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app("Runs a problem's batches each time a line \"pass\" comes.");
  app.add_option("--model", options.model)->required();
  app.add_option("--problem", options.problem, "File of token ids")->required();
  app.add_option("--precision", options.precision)
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, transkimmer::Precision>{{"f32", transkimmer::Precision::f32},
                                                        {"bf16", transkimmer::Precision::bf16},
                                                        {"int8", transkimmer::Precision::int8}}));
  app.add_option("--keep", options.keep, "Shares of tokens kept by the layers; the last holds for the rest")
      ->delimiter(',');
  app.add_flag("--tokenize", options.tokenize, "Begin with the texts");
  app.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::RuntimePeer(options).serve_lines();
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
