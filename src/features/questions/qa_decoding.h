#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "features/questions/qa_windows.h"
#include "metrics/squad_scores.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// What a question answering head says about the tokens of one window.
struct TokenLogits {
  std::vector<double> start;  ///< [tokens]
  std::vector<double> end;    ///< [tokens]
};
/// From the head's output, [tokens, 2]: start and end of each token in turn.
TokenLogits token_logits(std::span<const float> start_and_end);

/// Which passages may be answers, and when there is none.
struct QaDecodingOptions {
  /// Starts and ends looked at in each window, and answers left in the end.
  std::size_t n_best = 20;
  std::size_t max_answer_length = 30;  ///< in tokens
  bool allow_no_answer = true;         ///< false: SQuAD v1.1, where every question has an answer
  /// "No answer" is given when the null odds exceed this.
  double null_threshold = 0.0;
  /// Only starts that have their most context in this window (QaFeatures::has_max_context).
  bool max_context_only = false;
};

/// A passage of the context, or "no answer".
struct QaCandidate {
  ByteRange range;  ///< bytes of the context; empty for "no answer" alone
  double start_logit = 0.0;
  double end_logit = 0.0;
  double probability = 0.0;  ///< softmax over the n-best list of start_logit + end_logit
  bool null = true;          ///< "no answer"
  double score() const { return start_logit + end_logit; }
};

/// The answer to a question.
struct QaDecision {
  /// The answer given; null when there is none.
  QaCandidate answer;
  /// The best passage, whatever the null odds; null when there is none that is short enough.
  QaCandidate best_passage;
  /// Logits of "no answer" (the least over windows of start + end at position 0) less those of the best
  /// passage; less 0 when there is none.
  double null_odds = 0.0;
  std::vector<QaCandidate> n_best;  ///< best first, at most n_best + 1 of them
};

/// Decodes as the published scripts do: in each window the n_best starts and ends with the highest logits, of
/// their pairs those inside the context and not too long, of all windows' pairs and "no answer" the n_best
/// with the greatest sum. Between equals the earlier one. Two differences: where the published code answers
/// "empty" for want of any passage, this gives no answer; and tokens that stand for nothing but blanks, which
/// RoBERTa has, are no passage, while there their empty text counts as one.
///
/// `logits` has one entry per window of question `example`. Throws UsageError when their number or sizes are
/// not those of the windows, for logits that are not finite, for n_best or max_answer_length 0, and for a
/// threshold that is no number.
QaDecision decode_answer(const QaFeatures& features, std::size_t example, std::span<const TokenLogits> logits,
                         const QaDecodingOptions& options);

/// Every question's answer. `logits` has the head's output for every window, [windows][tokens, 2].
std::vector<QaDecision> decode_answers(const QaFeatures& features, std::span<const std::vector<float>> logits,
                                       const QaDecodingOptions& options);

/// The text of a candidate for question `example`; empty for "no answer".
std::string_view answer_text(const QaDataset& dataset, std::size_t example, const QaCandidate& candidate);

/// The answers given beside what the data set says, for squad_scores. With `always_answer` the best passages
/// in place of the answers given: over these, best_threshold finds the null threshold to decode with.
std::vector<AnsweredQuestion> answered_questions(const QaDataset& dataset,
                                                 std::span<const QaDecision> decisions,
                                                 bool always_answer = false);

}  // namespace transkimmer
