#include "commands/training/demonstration.h"

#include <chrono>

#include "base/files/file.h"
#include "base/machine/hardware.h"
#include "datasets/synthetic/synthetic.h"
#include "features/corpora/vocabulary.h"
#include "features/encoded_dataset.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/loop/trainer.h"
#include "training/network/model.h"
#include "training/runs/run_setup.h"
#include "training/tensors/compute_settings.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Documents have at most 300 words, each one token of their own vocabulary; two more for [CLS] and [SEP].
constexpr std::int64_t kPositions = 320;

/// How the two models are trained, chosen so that both learn the task and all takes a few minutes.
struct Recipe {
  std::size_t train_examples;
  std::size_t batch_size;
  double dense_epochs;
  double dense_learning_rate;
  double skimmed_learning_rate;
  double skim_coefficient;
  /// Between the evaluations among which skimmed weights are chosen; 0: one, at the end.
  std::int64_t eval_steps;
};
constexpr Recipe kFromScratch = {.train_examples = 4500,
                                 .batch_size = 32,
                                 .dense_epochs = 2,
                                 .dense_learning_rate = 5e-4,
                                 .skimmed_learning_rate = 2e-4,
                                 .skim_coefficient = 1.0,
                                 .eval_steps = 0};
constexpr Recipe kPretrained = {.train_examples = 1800,
                                .batch_size = 8,
                                .dense_epochs = 1,
                                .dense_learning_rate = 3e-4,
                                .skimmed_learning_rate = 2e-4,
                                .skim_coefficient = 0.3,
                                .eval_steps = 45};

/// An encoder that learns the task from scratch in a minute on two processors.
ModelConfig small_encoder(std::int64_t vocabulary) {
  ModelConfig config;
  config.vocab_size = vocabulary;
  config.hidden_size = 128;
  config.num_hidden_layers = 4;
  config.num_attention_heads = 4;
  config.intermediate_size = 512;
  config.max_position_embeddings = kPositions;
  config.type_vocab_size = 2;
  return config;
}

class Demonstration {
 public:
  Demonstration(const DemonstrationOptions& options, const DemonstrationEvents& events)
      : options_(options),
        events_(events),
        from_scratch_(options.encoder.empty()),
        recipe_(from_scratch_ ? kFromScratch : kPretrained),
        threads_(options.threads > 0 ? options.threads : available_processors()) {}

  DemonstrationResult run() {
    const auto start = std::chrono::steady_clock::now();
    start_threads(threads_);
    stage("generating documents");
    prepare_data();
    stage(from_scratch_ ? "training the dense model from random weights"
                        : "fine-tuning the dense model from " + options_.encoder.filename().string());
    train_dense();
    stage("fine-tuning it with skimming");
    train_skimmed();
    stage("running both over held-out documents");
    DemonstrationResult result{compare(), threads_, 0};
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  void stage(const std::string& what) const {
    if (events_.on_stage) events_.on_stage(what);
  }

  Dataset documents(std::size_t examples, std::uint64_t stream) const {
    SyntheticOptions synthetic;
    synthetic.seed = options_.seed * 3 + stream;
    synthetic.examples = examples;
    return generate_synthetic(synthetic);
  }

  void prepare_data() {
    const Dataset train = documents(recipe_.train_examples, 0);
    config_ = from_scratch_ ? new_encoder(train) : pretrained_encoder();
    config_.head = HeadKind::classification;
    config_.labels = train.labels;
    const auto tokenizer = load_tokenizer(options_.directory / "dense", config_);
    const auto encode = [&](const Dataset& dataset) {
      return encode_dataset(dataset, *tokenizer, static_cast<std::size_t>(config_.max_tokens()),
                            static_cast<unsigned>(threads_));
    };
    train_ = encode(train);
    dev_ = encode(documents(500, 1));
    test_ = encode(documents(options_.test_examples, 2));
  }

  ModelConfig new_encoder(const Dataset& train) const {
    const std::vector<std::string> vocabulary = build_word_vocabulary(train, 4000);
    std::string lines;
    for (const std::string& word : vocabulary) lines += word + '\n';
    for (const char* name : {"dense", "skimmed"}) {
      make_directory(options_.directory / name);
      write_file_atomically(options_.directory / name / "vocab.txt", lines);
    }
    return small_encoder(static_cast<std::int64_t>(vocabulary.size()));
  }

  ModelConfig pretrained_encoder() const {
    for (const char* name : {"dense", "skimmed"}) {
      make_directory(options_.directory / name);
      copy_tokenizer_files(options_.encoder, options_.directory / name);
    }
    ModelConfig config = ModelConfig::load(options_.encoder);
    config.skim.enabled = false;
    return config;
  }

  TrainingOptions training_options(const std::string& name) const {
    TrainingOptions training;
    training.train_batch_size = recipe_.batch_size;
    training.warmup_ratio = 0.1;
    training.weight_decay = 0.01;
    training.seed = options_.seed;
    training.output_dir = options_.directory / name;
    training.tokenizer_source = training.output_dir;
    training.save_total_limit = 0;
    training.compute.bf16 = bf16_from_name("auto", torch::kCPU);
    return training;
  }

  void train(TrainingModel& model, const TrainingOptions& training) const {
    TrainingEvents events;
    events.on_step = events_.on_step;
    events.should_stop = events_.should_stop;
    Trainer trainer(model, {.train = &train_, .dev = &dev_, .metrics = {Metric::accuracy}}, training, events);
    if (!trainer.run().finished) throw Error("interrupted");
  }

  void train_dense() const {
    const NewWeights fresh{torch::kCPU, options_.seed};
    TrainingModel model = from_scratch_ ? TrainingModel::from_scratch(config_, fresh)
                                        : TrainingModel::load(options_.encoder, config_, fresh, {});
    TrainingOptions training = training_options("dense");
    training.num_train_epochs = recipe_.dense_epochs;
    training.learning_rate = recipe_.dense_learning_rate;
    train(model, training);
  }

  void train_skimmed() const {
    ModelConfig config = config_;
    config.skim.enabled = true;
    config.skim.predictor_size = 64;
    config.skim.coefficient = recipe_.skim_coefficient;
    TrainingModel model =
        TrainingModel::load(options_.directory / "dense", config, {torch::kCPU, options_.seed}, {});
    TrainingOptions training = training_options("skimmed");
    training.num_train_epochs = 1;
    training.learning_rate = recipe_.skimmed_learning_rate;
    training.eval_steps = recipe_.eval_steps;
    training.predictor_learning_rate = 5e-3;
    train(model, training);
  }

  Evaluation compare() const {
    EngineOptions engine;
    engine.threads = threads_;
    const Engine skimmed = Engine::load(options_.directory / "skimmed", engine);
    engine.skimming = false;
    const Engine dense = Engine::load(options_.directory / "dense", engine);
    constexpr Metric kMetrics[] = {Metric::accuracy};
    EvaluationOptions evaluation;
    evaluation.batch_sequences = evaluation.padded_batch;
    evaluation.batch_tokens = SIZE_MAX;
    evaluation.warm_up = true;
    evaluation.progress = [this](std::size_t, std::size_t) {
      if (events_.should_stop && events_.should_stop()) throw Error("interrupted");
    };
    return evaluate(skimmed, &dense, test_, kMetrics, evaluation);
  }

  const DemonstrationOptions& options_;
  const DemonstrationEvents& events_;
  const bool from_scratch_;
  const Recipe recipe_;
  int threads_;
  ModelConfig config_;
  EncodedDataset train_, dev_, test_;
};

}  // namespace

DemonstrationResult demonstrate(const DemonstrationOptions& options, const DemonstrationEvents& events) {
  return Demonstration(options, events).run();
}

}  // namespace transkimmer
