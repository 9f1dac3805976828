#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

/// Heads drop as much as the encoder does.
std::string_view mpnet_key(std::string_view ours, HeadKind /*head*/) {
  return ours == "classifier_dropout" ? std::string_view() : ours;
}

HeadSpec mpnet_head(HeadKind kind, const HeadSizes& sizes) {
  switch (kind) {
    case HeadKind::classification:
      return classifier_head(
          {.dense = "classifier.dense", .output = "classifier.out_proj", .drops_states = true}, sizes);
    case HeadKind::masked_lm:
      return vocabulary_head({.dense = "lm_head.dense", .norm = "lm_head.layer_norm", .output = "lm_head"},
                             sizes);
    default:
      return common_head(kind, sizes);
  }
}

constexpr std::array<Spelling, 5> kTensors = {{{".attention.self.query.", ".attention.attn.q."},
                                               {".attention.self.key.", ".attention.attn.k."},
                                               {".attention.self.value.", ".attention.attn.v."},
                                               {".attention.output.dense.", ".attention.attn.o."},
                                               {".attention.output.LayerNorm.", ".attention.LayerNorm."}}};
constexpr std::array<std::string_view, 2> kCopies = {"lm_head.decoder.weight", "lm_head.decoder.bias"};

}  // namespace

const Architecture mpnet = {.model_type = "mpnet",
                            .class_prefix = "MPNet",
                            .weight_prefix = "mpnet.",
                            .tokenizer_class = "MPNetTokenizer",
                            .padding_id = 1,
                            .fixed_padding = true,
                            .positions = Positions::behind_padding,
                            .types = TokenTypes::none,
                            .relative_buckets = 32,
                            .key = mpnet_key,
                            .tensors = kTensors,
                            .pooler = "pooler.",
                            .copies = kCopies,
                            .head = mpnet_head};

}  // namespace transkimmer
