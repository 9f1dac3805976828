#include "model_files/architectures/heads.h"
#include "model_files/architectures/table.h"

namespace transkimmer {
namespace {

/// XLM-RoBERTa and CamemBERT are RoBERTa with vocabularies of their own; both keep the name "roberta." in
/// front of tensors.
constexpr Architecture like_roberta(std::string_view model_type, std::string_view class_prefix,
                                    std::string_view tokenizer_class) {
  return {.model_type = model_type,
          .class_prefix = class_prefix,
          .weight_prefix = "roberta.",
          .tokenizer_class = tokenizer_class,
          .padding_id = 1,
          .positions = Positions::behind_padding,
          .types = TokenTypes::given_where_several,
          .pooler = "pooler.",
          .copies = kRobertaCopies,
          .head = roberta_head};
}

}  // namespace

constinit const Architecture roberta = like_roberta("roberta", "Roberta", "RobertaTokenizer");
constinit const Architecture xlm_roberta = like_roberta("xlm-roberta", "XLMRoberta", "XLMRobertaTokenizer");
constinit const Architecture camembert = like_roberta("camembert", "Camembert", "CamembertTokenizer");

}  // namespace transkimmer
