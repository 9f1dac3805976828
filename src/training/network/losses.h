#pragma once

#include <vector>

#include "model_files/config/model_config.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// What a batch should have answered; the members that the head does not need stay undefined.
struct Targets {
  Tensor classes;  ///< [B] i64, classification
  Tensor scores;   ///< [B] f32, regression and reranking (0 to 1); [B, labels], multi-label (0 and 1)
  Tensor starts;   ///< [B] i64, question answering: token positions
  Tensor ends;
  Tensor tokens = {};  ///< [M] i64, masked language modelling: what was hidden
  Tensor tags = {};    ///< [B, S] i64, token classification; negative: the token has no label
};

/// How the classes of a cross-entropy count (the arguments of torch.nn.CrossEntropyLoss).
struct ClassLossOptions {
  Tensor weights = {};         ///< [labels] f32: of each class; undefined: all count alike
  double label_smoothing = 0;  ///< share of each target that is spread over all classes
};

/// Mean over the batch of the cross-entropy, weighted where classes have weights; `logits` [B, labels],
/// `classes` [B] i64.
Tensor classification_loss(const Tensor& logits, const Tensor& classes, const ClassLossOptions& options = {});
/// Mean over the batch of the squared error, `logits` [B, 1], `scores` [B] f32.
Tensor regression_loss(const Tensor& logits, const Tensor& scores);
/// Mean over batch and labels of the binary cross-entropy, `logits` [B, labels], `marks` [B, labels] f32 from
/// 0 to 1 (torch.nn.BCEWithLogitsLoss).
Tensor yes_or_no_loss(const Tensor& logits, const Tensor& marks);

/// Half the sum of the two cross-entropies over positions, `logits` [B, S, 2]. Positions from S on are
/// ignored, as published: the mean is over the others (negative ones count as 0). Under `removal` padding is
/// no candidate; `original` lets it compete, as published.
Tensor question_answering_loss(const Tensor& logits, const Targets& targets, const Tensor& real,
                               SkimSemantics semantics);

/// Mean over the labelled tokens of the cross-entropy, `logits` [B, S, labels], `tags` [B, S]
/// (...ForTokenClassification, whose unlabelled tokens are -100). 0 where no token has a label.
Tensor token_classification_loss(const Tensor& logits, const Tensor& tags,
                                 const ClassLossOptions& options = {});

/// Mean over the hidden tokens of the cross-entropy, `logits` [M, vocabulary] f32 or bf16.
Tensor masked_lm_loss(const Tensor& logits, const Tensor& tokens);

/// The loss of the configuration's head; `options` are for heads that tell classes apart.
Tensor task_loss(const ModelConfig& config, const Tensor& logits, const Targets& targets, const Tensor& real,
                 const ClassLossOptions& options = {});

/// Mean over layers of tokens kept / tokens there are, over the whole batch; masks are [B, S] each, `real`
/// [B, S]. removal: padding never counts. original: mean over sequences of mask sum / S, padding included.
/// Zero when there are no masks.
Tensor skim_loss(const std::vector<Tensor>& masks, const Tensor& real, SkimSemantics semantics);

/// Tokens kept per layer (padding never counts): [L] f32, without gradient.
Tensor kept_tokens(const std::vector<Tensor>& masks, const Tensor& real);

}  // namespace transkimmer
