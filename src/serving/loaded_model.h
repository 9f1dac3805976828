#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/notice.h"
#include "runtime/engine.h"
#include "text/tokenizer.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// What a class of the public interface can serve.
struct ServedKind {
  std::vector<HeadKind> heads;
  std::string_view name;  ///< "a classifier"
  bool of_pairs = false;  ///< every input is a pair of texts
};

/// What all classes that are made of a model share.
struct Model::Loaded {
  std::filesystem::path directory;
  Engine engine;
  std::shared_ptr<const Tokenizer> tokenizer;
  /// Whether the model has an embedding for every type in the layout of a pair. BERT's second text is of type
  /// 1, and a model may have type 0 alone; RoBERTa's are all of type 0.
  bool takes_pairs = true;
};

/// As Model::load, but what is quickly seen, the head and the tokenizer, is checked before the weights are
/// packed: throws UsageError for a model of another kind.
Model load_served(const std::filesystem::path& directory, const EngineOptions& options,
                  const NoticeHandler& notices, const ServedKind& kind);

/// Throws UsageError for a model of another kind.
void require_kind(const Model& model, const ServedKind& kind);

}  // namespace transkimmer
