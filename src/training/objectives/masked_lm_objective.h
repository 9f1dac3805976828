#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "features/corpora/masking.h"
#include "features/corpora/packed_blocks.h"
#include "features/corpora/token_file.h"
#include "training/objectives/objective.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// The text of a masked language model, and how it is cut and hidden. File and tokenizer must outlive the
/// objective.
struct MaskedLmData {
  const TokenFile* file = nullptr;
  const Tokenizer* tokenizer = nullptr;
  BlockShape blocks;
  MaskingRule masking;
  double held_out_fraction = 0.005;  ///< of the documents, for perplexity; 0: nothing is evaluated
};

/// Which documents of a file are held out: a hash of the index decides, so that it is the same choice for
/// every run.
bool is_held_out(std::uint64_t document, double fraction);

/// Masked language modelling on packed text: predict the words that were hidden.
class MaskedLmObjective final : public TrainingObjective {
 public:
  /// Throws UsageError for data too short for one sequence, and for settings out of range. Held-out text
  /// too short for one sequence counts as none.
  MaskedLmObjective(const MaskedLmData& data, ModelConfig config, const TrainingOptions& options);

  std::int64_t micro_batches_per_epoch() const override;
  LabelledBatch micro_batch(std::int64_t epoch, std::int64_t index) override;
  std::map<std::string, std::string> fingerprint() const override;
  std::string chief_metric() const override { return held_out_plan_ ? "perplexity" : ""; }
  /// "perplexity" of the hidden tokens and the "accuracy" with which they are guessed first; masks are the
  /// same at every evaluation of every run.
  EvaluationReport evaluate(const TrainingModel& model) const override;
  bool keeps_best() const override { return false; }

  /// Of one pass, special tokens included.
  std::uint64_t training_tokens() const { return plan_.tokens(); }
  std::uint64_t held_out_tokens() const { return held_out_plan_ ? held_out_plan_->tokens() : 0; }

 private:
  /// The stream of a pass: its documents shuffled.
  struct Epoch {
    std::int64_t number;
    DocumentStream stream;
    BlockPlan::Order order;
  };

  Epoch make_epoch(std::int64_t number) const;
  LabelledBatch make_batch(const DocumentStream& stream, const BlockBatch& blocks, std::uint64_t seed) const;

  MaskedLmData data_;
  ModelConfig config_;
  ComputeSettings compute_;
  std::uint64_t seed_;
  WordMasker masker_;
  SpecialTokens special_;
  std::vector<std::uint32_t> training_documents_;
  std::optional<DocumentStream> held_out_;
  std::optional<BlockPlan> held_out_plan_;
  BlockPlan plan_;
  std::optional<Epoch> epoch_;
};

}  // namespace transkimmer
