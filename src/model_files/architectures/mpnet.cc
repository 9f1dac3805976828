#include <array>

#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

/// Heads drop as much as the encoder does.
std::string_view mpnet_key(std::string_view ours, HeadKind /*head*/) {
  return ours == "classifier_dropout" ? std::string_view() : ours;
}

constexpr std::array<Spelling, 5> kTensors = {{{".attention.self.query.", ".attention.attn.q."},
                                               {".attention.self.key.", ".attention.attn.k."},
                                               {".attention.self.value.", ".attention.attn.v."},
                                               {".attention.output.dense.", ".attention.attn.o."},
                                               {".attention.output.LayerNorm.", ".attention.LayerNorm."}}};

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
                            .copies = kRobertaCopies,
                            .head = roberta_head};

}  // namespace transkimmer
