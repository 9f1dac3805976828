#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

// The scores of SQuAD v2's official evaluation script, to the last digit.

/// 1 when the normalised answers are the same, else 0.
double answer_exact(std::string_view gold, std::string_view predicted);
/// F1 over the words of the normalised answers, counting each as often as it appears; when either has none,
/// whether neither has.
double answer_f1(std::string_view gold, std::string_view predicted);

/// A question, what the file says about it and what a model says.
struct AnsweredQuestion {
  std::vector<std::string> gold;  ///< texts of its answers; empty when the context has none
  std::string predicted;          ///< empty: "there is no answer"
  /// How much rather the model says "no answer" than its best answer; see best_threshold.
  double null_odds = 0.0;
};

/// The scores of one question, 0 to 1.
struct AnswerScores {
  double exact = 0.0;
  double f1 = 0.0;
};
/// Each score at its best over the gold answers. Those of which normalisation leaves nothing do not count; a
/// question without others has the gold answer "".
AnswerScores answer_scores(const AnsweredQuestion& question);

/// A choice of null odds above which "no answer" is said, and the score that it gives, in percent.
struct BestThreshold {
  double score = 0.0;
  double threshold = 0.0;
};

/// The threshold over null odds with the best mean of `scores` ([questions], 0 to 1), as the official script
/// searches: it starts from never answering (threshold 0) and answers one question after the other, in order
/// of null odds, the earlier question first where they are equal; the first best counts. Throws UsageError
/// when the lengths differ or are zero.
BestThreshold best_threshold(std::span<const AnsweredQuestion> questions, std::span<const double> scores);

/// Percentages and counts under the names of the official script: exact, f1, total; HasAns_exact, HasAns_f1,
/// HasAns_total and NoAns_exact, NoAns_f1, NoAns_total when there are such questions; best_exact,
/// best_exact_thresh, best_f1, best_f1_thresh. Throws UsageError without questions.
///
///   No question's prediction is replaced on account of its null odds: that is the script's
///   `--na-prob-thresh` at a value that none exceeds. The best_ scores are over `predicted` as it is, in
///   which a decoder has already said "no answer" here and there.
std::map<std::string, double> squad_scores(std::span<const AnsweredQuestion> questions);

}  // namespace transkimmer
