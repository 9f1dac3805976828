#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "training/network/model.h"
#include "training/objectives/batching.h"

namespace transkimmer {

/// How much a student listens to its teacher (Hinton et al. 2015; states as TinyBERT and CoFi match them).
struct DistillationOptions {
  double weight = 0.5;       ///< of the teacher's answers against the labels: 0 labels alone, 1 answers alone
  double temperature = 2.0;  ///< both distributions over labels are softened by it
  /// Of the squared distance between last states, where both have one size: of first tokens, or of every
  /// token where tokens have labels.
  double state_weight = 1.0;
};

/// A dense model that answers the same question and is not trained.
class Teacher {
 public:
  /// Of a directory with this head and these labels, whose vocabulary and position table hold what `student`
  /// reads. Throws UsageError naming the directory and what differs; IoError, FormatError.
  static Teacher load(const std::filesystem::path& directory, const ModelConfig& student,
                      torch::Device device);

  /// Without gradient, without dropout, all layers dense.
  ModelOutput answer(const PaddedBatch& batch) const;
  /// The same, bit for bit, of examples of the training data. What a first token's state is, where the head
  /// reads no other, is computed once and remembered: encoder.hidden is then [B, 1, H]. On the CPU, and where
  /// products have independent rows: a resumed run meets the examples in other batches.
  ModelOutput answer(const LabelledBatch& batch);
  /// A hash of its weights, as hexadecimal digits: whether this is the teacher that a run began with.
  std::string fingerprint() const;

 private:
  explicit Teacher(std::unique_ptr<const TrainingModel> model) : model_(std::move(model)) {}
  bool remembers(const Batch& examples) const;
  void remember(const Batch& examples, const Tensor& states);

  std::unique_ptr<const TrainingModel> model_;
  std::vector<std::vector<float>> first_states_ = {};  ///< of each example [H]; empty: not yet computed
  std::size_t remembered_floats_ = 0;
};

/// How far a student is from its teacher: (temperature^2) times the Kullback-Leibler divergence of softened
/// labels, of labels that hold or not each by itself, or the squared error of regression, mean over the
/// batch; of questions that of starts and ends over tokens; where tokens have labels the mean over all
/// tokens, special ones too, without padding. Plus state_weight times the mean squared distance of last
/// states.
Tensor distillation_loss(const ModelConfig& config, const ModelOutput& student, const ModelOutput& teacher,
                         const Tensor& real, const DistillationOptions& options);

}  // namespace transkimmer
