#include "model_files/tokenizers/tokenizer_json/pipeline.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "model_files/json/json_fields.h"
#include "model_files/tokenizers/tokenizer_json/component.h"
#include "model_files/tokenizers/tokenizer_json/normalizers.h"
#include "model_files/tokenizers/tokenizer_json/pre_tokenizers.h"
#include "text/models/whole_words.h"
#include "text/pipeline/pipeline_tokenizer.h"

namespace transkimmer {
namespace {

class PipelineReader {
 public:
  PipelineReader(WordModelKind kind, TokenizerParts& parts) : kind_(kind), parts_(parts) {}

  std::unique_ptr<const Tokenizer> read() {
    read_steps();
    read_model();
    const SpecialTokenNames names = parts_.names(unknown_.value_or(""), usual_names());
    parts_.common(names).move_to(built_);
    built_.vocabulary = parts_.vocabulary().take();
    built_.words = words();
    return std::make_unique<const PipelineTokenizer>(std::move(built_));
  }

 private:
  void read_steps() {
    const TokenizerSettings& settings = parts_.settings();
    const auto normalizers = components(parts_.root(), "normalizer", "normalizers", parts_.origin());
    built_.normalizers = read_normalizers(normalizers);
    if (settings.what.reads_case) {
      parts_.reject_contradiction("do_lower_case", settings.do_lower_case, writes_lower_case(normalizers));
      parts_.reject_contradiction("keep_accents", settings.keep_accents, !takes_accents(normalizers));
    }
    const auto splitters = components(parts_.root(), "pre_tokenizer", "pretokenizers", parts_.origin());
    built_.splitters = read_pre_tokenizers(splitters);
    if (const auto puts = puts_prefix_space(splitters))
      parts_.reject_contradiction("add_prefix_space", settings.add_prefix_space, *puts);
  }

  SpecialTokenNames usual_names() const {
    const bool is_of_words = kind_ == WordModelKind::wordpiece || kind_ == WordModelKind::word_level;
    return is_of_words ? SpecialTokenNames::bert() : SpecialTokenNames::roberta();
  }

  /// What does not need the finished vocabulary; unknown_ is set.
  void read_model() {
    switch (kind_) {
      case WordModelKind::wordpiece: {
        WordPieceFields fields = read_wordpiece_fields(parts_);
        cover_ = fields.cover;
        unknown_ = std::move(fields.unknown);
        break;
      }
      case WordModelKind::bpe: {
        BpeFields fields = read_bpe_fields(parts_);
        bpe_ = std::move(fields.options);
        unknown_ = std::move(fields.unknown);
        break;
      }
      case WordModelKind::unigram:
        unigram_ = read_unigram_options(parts_);
        unknown_id_ = unigram_.unknown;
        return;
      case WordModelKind::word_level:
        unknown_ = JsonFields(parts_.model(), parts_.origin(), "model.").string("unk_token").value_or("");
        break;
    }
    if (unknown_) unknown_id_ = parts_.vocabulary().required(*unknown_, "unknown-word");
  }

  std::unique_ptr<const WordModel> words() {
    const std::span<const std::string> tokens = built_.vocabulary.model_tokens();
    const std::int32_t unknown = unknown_id_.value_or(-1);
    built_.special_tokens.unknown = unknown;
    const std::vector<bool> allowed =
        ids_of_plain_text(built_.vocabulary.size(), built_.added_tokens, built_.special_in_text, unknown);
    switch (kind_) {
      case WordModelKind::wordpiece:
        return std::make_unique<const WordPieceCover>(WordCover(tokens, allowed, cover_), unknown);
      case WordModelKind::bpe:
        bpe_.unknown = unknown_id_;
        return std::make_unique<const Bpe>(tokens, allowed, std::move(bpe_));
      case WordModelKind::unigram:
        return std::make_unique<const Unigram>(tokens, allowed, std::move(unigram_));
      default:
        return std::make_unique<const WordLevel>(tokens, allowed, unknown);
    }
  }

  WordModelKind kind_;
  TokenizerParts& parts_;
  PipelineModel built_;
  WordCoverOptions cover_;
  BpeOptions bpe_;
  UnigramOptions unigram_;
  std::optional<std::string> unknown_;
  std::optional<std::int32_t> unknown_id_;
};

}  // namespace

std::unique_ptr<const Tokenizer> read_pipeline(WordModelKind kind, TokenizerParts& parts) {
  return PipelineReader(kind, parts).read();
}

}  // namespace transkimmer
