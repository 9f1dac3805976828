#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transkimmer/error.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// A model and its tokenizer, by a directory or a name on the Hub. Classifier, QuestionAnswerer and such
/// are made of it; copies share weights and threads, so one loaded model can serve several of them.
///
///     const auto model = transkimmer::Model::load("my-model", {.threads = 2});
///     const transkimmer::Classifier careful(model), hasty(model.at_threshold(2));
///
/// Immutable after loading.
class TRANSKIMMER_API Model {
 public:
  /// `notices` receives one-line remarks (a model trained with the published code's attention, say).
  /// Throws IoError, FormatError (naming file and tensor), UsageError for options out of range.
  static Model load(const std::filesystem::path& directory, const EngineOptions& options = {},
                    const std::function<void(const std::string&)>& notices = {});
  Model(const Model&);
  Model(Model&&) noexcept;
  Model& operator=(const Model&);
  Model& operator=(Model&&) noexcept;
  ~Model();

  /// The same weights, skimming at another threshold (EngineOptions::skim_threshold). Throws UsageError when
  /// it is not a number.
  Model at_threshold(double threshold) const;
  /// The same weights run dense.
  Model without_skimming() const;

  /// What it answers, as Hugging Face's pipelines name it: "text-classification" (regression, too),
  /// "text-ranking", "question-answering", "token-classification", "fill-mask" or, for an encoder alone,
  /// "feature-extraction".
  std::string_view task() const;
  /// Where its files are: the directory that was given, or the one that a name means.
  const std::filesystem::path& directory() const;
  /// Label names in index order; one entry for regression, none for models that do not classify.
  const std::vector<std::string>& labels() const;
  /// Layers of the encoder.
  int layers() const;
  /// Threads of the engine, the calling one included.
  int threads() const;
  /// What the matrix products really run in; never `automatic`.
  Precision precision() const;
  /// Whether tokens are skimmed: the model has predictors, and they were not switched off.
  bool skimming() const;

  struct Loaded;
  explicit Model(std::shared_ptr<const Loaded> loaded);
  /// For the library's own classes.
  const Loaded& loaded() const { return *loaded_; }

 private:
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace transkimmer
