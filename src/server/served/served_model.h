#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model_files/sentence_transformers/prompts.h"
#include "server/requests/request_fields.h"
#include "server/served/options.h"
#include "serving/batcher.h"
#include "serving/loaded_model.h"
#include "text/tokenizer.h"
#include "transkimmer/model.h"

namespace transkimmer {

/// How a text is made shorter that has more tokens than the model takes.
struct CutOptions {
  std::optional<bool> truncate = {};        ///< unset: as the server is told (--auto-truncate)
  std::optional<TruncationSide> side = {};  ///< unset: as the tokenizer's files say
};

/// A loaded model as the routes see it: texts become sequences for its batcher. Immutable.
class ServedModel {
 public:
  /// Throws UsageError for a default prompt that the model does not have, and for options that contradict
  /// each other; IoError and FormatError for its prompts.
  ServedModel(Model model, const ServerOptions& options);

  const Model& model() const { return model_; }
  const ModelConfig& config() const { return model_.loaded().engine.config(); }
  const ModelSpec& spec() const { return model_.loaded().engine.spec(); }
  const Tokenizer& tokenizer() const { return *model_.loaded().tokenizer; }
  HeadKind head() const { return config().head; }
  /// The most tokens of an input.
  std::size_t max_input_length() const { return max_input_length_; }

  /// Throws RequestError (Fault::model_type), which says what the model is, unless its head is one of
  /// `heads`. `wanted` names what the route needs: "a classifier".
  void require(std::initializer_list<HeadKind> heads, std::string_view wanted) const;

  /// The ids of a text or of a pair. Throws RequestError: Fault::validation for one that is too long where it
  /// may not be cut, Fault::tokenizer for what has no tokens or is a pair where the model takes none.
  Encoding encode(const TextOrPair& input, const CutOptions& cut) const;
  /// Ids as they are given, which are a whole input.
  Encoding encode(std::vector<std::int32_t> ids, const CutOptions& cut) const;
  /// The ids of an embedder's input, a prompt before its text.
  Encoding encode(const TextOrIds& input, const std::string& prompt, const CutOptions& cut) const;
  /// The prompt of this name, or the default one. Throws RequestError for a name that the model has not.
  const std::string& prompt(const std::optional<std::string>& name) const;

 private:
  Encoding encode_from(const TextOrPair& input, TruncationSide side) const;
  void refuse_cut(const Encoding& encoding, const CutOptions& cut) const;

  Model model_;
  bool auto_truncate_;
  std::size_t max_input_length_ = 0;
  Prompts prompts_;
};

/// The sequence that a pass takes.
BatchItem item_of(const Encoding& encoding, std::optional<double> skim_threshold);

}  // namespace transkimmer
