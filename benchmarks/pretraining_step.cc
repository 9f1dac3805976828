// A step of pretraining against the same step written plainly: each document's tokens cut into sequences of
// their own and padded, logits over all positions, libtorch's operations and its AdamW. In turns, on the same
// text; prints real tokens (neither padding nor special) per second of both, and the ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <torch/optim/adamw.h>

#include "base/machine/hardware.h"
#include "features/corpora/tokenized_corpus.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "plain_masked_lm.h"
#include "training/loop/trainer.h"
#include "training/objectives/masked_lm_objective.h"

namespace transkimmer {
namespace {

struct Options {
  std::vector<std::filesystem::path> data;
  std::filesystem::path model, token_file;
  int threads = 0, rounds = 5, steps = 4;
  std::size_t batch_size = 32, max_length = 128;
  std::string precision = "auto";
};

struct Measured {
  double tokens = 0, seconds = 0;
  double speed() const { return tokens / seconds; }
};

template <typename Body>
double seconds_of(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Sequences as one makes them without packing.
class PaddedText {
 public:
  PaddedText(const TokenFile& file, const Tokenizer& tokenizer, const Options& options)
      : file_(file), special_(tokenizer.special_tokens()), masker_(tokenizer, {}), options_(options) {
    const std::uint64_t content = options.max_length - 2;
    for (std::uint64_t document = 0; document < file.documents(); ++document) {
      for (std::uint64_t at = 0; at < file.length(document); at += content)
        parts_.push_back({file.start(document) + at, std::min(content, file.length(document) - at)});
    }
  }

  struct PaddedBatchOfText {
    Tensor ids, real, labels;
    double tokens = 0;
  };

  PaddedBatchOfText next() {
    const auto rows = static_cast<std::int64_t>(options_.batch_size);
    const auto columns = static_cast<std::int64_t>(options_.max_length);
    PaddedBatchOfText batch{.ids = at::full({rows, columns}, special_.pad, torch::kInt64),
                            .real = at::zeros({rows, columns}),
                            .labels = at::full({rows, columns}, -100, torch::kInt64)};
    for (std::int64_t row = 0; row < rows; ++row) {
      // A stride that is odd, so that batches mix documents.
      const Part part = parts_[(next_++ * 7919) % parts_.size()];
      std::vector<std::int32_t> ids(part.length + 2, special_.begin);
      file_.copy(part.begin, std::span(ids).subspan(1, part.length));
      ids.back() = special_.separator;
      std::vector<MaskedToken> masked;
      masker_.mask(ids, next_, masked);
      std::copy(ids.begin(), ids.end(), batch.ids.data_ptr<std::int64_t>() + row * columns);
      std::fill_n(batch.real.data_ptr<float>() + row * columns, ids.size(), 1.0F);
      for (const MaskedToken& token : masked)
        batch.labels.data_ptr<std::int64_t>()[row * columns + token.position] = token.id;
      batch.tokens += static_cast<double>(part.length);
    }
    return batch;
  }

 private:
  struct Part {
    std::uint64_t begin, length;
  };
  const TokenFile& file_;
  SpecialTokens special_;
  WordMasker masker_;
  const Options& options_;
  std::vector<Part> parts_;
  std::size_t next_ = 0;
};

TrainingOptions training_options(const Options& options) {
  TrainingOptions training;
  training.learning_rate = 1e-4;
  training.train_batch_size = options.batch_size;
  training.max_steps = 1 + options.rounds * options.steps;
  training.logging_steps = training.max_steps;
  training.eval_steps = training.max_steps;
  training.compute.bf16 = bf16_from_name(options.precision, torch::kCPU);
  return training;
}

class Comparison {
 public:
  explicit Comparison(const Options& options) : options_(options) {
    config_ = ModelConfig::load(options.model);
    config_.head = HeadKind::masked_lm;
    config_.skim = {};
    tokenizer_ = load_tokenizer(options.model, config_);
    file_ = std::make_unique<TokenFile>(open_token_file(
        options.token_file, options.data, *tokenizer_,
        {.threads = static_cast<unsigned>(options.threads), .on_progress = {}, .should_stop = {}}));
  }

  void run() {
    TrainingModel model = TrainingModel::from_scratch(config_, {.device = torch::kCPU, .seed = 1});
    PlainMaskedLm plain(config_, model.parameters());
    torch::optim::AdamW optimizer(plain.weights(), torch::optim::AdamWOptions(1e-4));
    PaddedText text(*file_, *tokenizer_, options_);
    std::vector<Measured> ours(static_cast<std::size_t>(options_.rounds)), theirs(ours.size());
    // The trainer calls back after each of its steps; every `steps` of them the plain one has its turn.
    TrainingEvents events;
    auto began = std::chrono::steady_clock::now();
    std::size_t round = 0;
    events.on_step = [&](const ProgressReport& report) {
      if ((report.step - 1) % options_.steps != 0) return;
      const auto now = std::chrono::steady_clock::now();
      if (report.step == 1) {  // warming up
        plain_steps(plain, optimizer, text, 1);
      } else {
        // Two special tokens in each sequence; lengths are all the same here.
        const auto content = static_cast<double>(options_.steps * static_cast<int>(options_.batch_size) *
                                                 static_cast<int>(options_.max_length - 2));
        ours[round] = {content, std::chrono::duration<double>(now - began).count()};
        theirs[round] = plain_steps(plain, optimizer, text, options_.steps);
        std::printf("round %zu: %.0f tokens/s, written plainly %.0f\n", round + 1, ours[round].speed(),
                    theirs[round].speed());
        ++round;
      }
      began = std::chrono::steady_clock::now();
    };
    const TrainingOptions training = training_options(options_);
    auto objective = std::make_unique<MaskedLmObjective>(
        MaskedLmData{.file = file_.get(),
                     .tokenizer = tokenizer_.get(),
                     .blocks = {.max_length = options_.max_length, .long_length = 0, .long_fraction = 0},
                     .masking = {},
                     .held_out_fraction = 0},
        config_, training);
    Trainer(model, std::move(objective), training, events).run();
    report(ours, theirs);
  }

 private:
  Measured plain_steps(const PlainMaskedLm& plain, torch::optim::AdamW& optimizer, PaddedText& text,
                       int steps) const {
    Measured measured;
    measured.seconds = seconds_of([&] {
      for (int i = 0; i < steps; ++i) {
        const auto batch = text.next();
        optimizer.zero_grad();
        const Tensor loss = plain.loss(batch.ids, batch.real, batch.labels);
        loss.backward();
        optimizer.step();
        measured.tokens += batch.tokens;
      }
    });
    return measured;
  }

  static void report(std::vector<Measured> ours, std::vector<Measured> theirs) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i].speed() / theirs[i].speed());
    std::sort(ratios.begin(), ratios.end());
    std::printf("%s\nmedian ratio %.2f (%.2f to %.2f)\n", hardware_description().c_str(),
                ratios[ratios.size() / 2], ratios.front(), ratios.back());
  }

  const Options& options_;
  ModelConfig config_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<TokenFile> file_;
};

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  transkimmer::Options options;
  CLI::App app("A step of pretraining against the same step written plainly");
  app.add_option("--data", options.data, "Text: files and directories");
  app.add_option("--model", options.model, "Directory with config.json (BERT) and vocabulary")->required();
  app.add_option("--token-file", options.token_file, "Where its tokens are, or go")->required();
  app.add_option("--threads", options.threads);
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber);
  app.add_option("--steps", options.steps, "Steps of each in a round")->check(CLI::PositiveNumber);
  app.add_option("--batch-size", options.batch_size)->check(CLI::PositiveNumber);
  app.add_option("--precision", options.precision,
                 "f32, bf16 or auto, of the step here; the plain one is in f32");
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.threads == 0) options.threads = transkimmer::available_processors();
    torch::set_num_threads(options.threads);
    transkimmer::Comparison(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pretraining_step: %s\n", error.what());
    return 1;
  }
}
