#pragma once

#include "model/model_spec.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// The masks of one forward pass, which multiply from layer to layer. They differ where position 0 is not
/// protected, so that a text may have no token left:
///
/// - Under ModelSpec::texts_exit every token's mask has position 0's as a factor, so that the gate of that
///   position learns what the whole text saves.
/// - Attention looks at something in any case: what it computes of a text that is done goes nowhere but into
///   gradients, which then say what position 0 would have become had it stayed.
class SkimMasks {
 public:
  /// `real` [B, S] is 1 for tokens.
  SkimMasks(const ModelSpec& spec, Tensor real);

  /// Before the next layer, from its decisions [B, S], position 0 among them.
  void decide(const Tensor& decisions);

  /// [B, S]: 1 for tokens that no layer has skimmed so far; undefined before the first decision.
  const Tensor& kept() const { return kept_; }
  /// [B, S]: the keys of attention; the same where a text has tokens left.
  const Tensor& keys() const { return keys_; }

 private:
  SkimProtection protection_;
  bool texts_exit_;
  Tensor real_, kept_, keys_;
  Tensor unfinished_;  ///< [B, 1], where texts exit: 1 while position 0 is there
};

}  // namespace transkimmer
