#include "commands/options/answer_options.h"

#include "commands/options/command_options.h"

namespace transkimmer {

void add_answer_options(CLI::App& command, AnswerOptions& options) {
  constexpr std::int64_t kMostTokens = 1 << 20;
  const OptionGroup group(command, kQuestionsGroup);
  group.whole("--doc-stride", options.doc_stride,
              "Tokens that windows of a long context have in common (default: 128, or a third of a shorter "
              "--max-length)",
              {0, kMostTokens});
  group.whole("--max-question-length", options.max_question_length,
              "Cut questions to N tokens; 0: to half of what the overlap leaves of a window",
              {0, kMostTokens});
  group.whole("--n-best", options.n_best, "Starts and ends looked at in each window", {1, kMostTokens});
  group.whole("--max-answer-length", options.max_answer_length, "Most tokens of an answer", {1, kMostTokens});
  group.real("--null-threshold", options.null_threshold,
             "Say that there is no answer when its odds over the best passage, in logits, exceed X");
  command
      .add_flag_callback(
          "--always-answer", [&options] { options.allow_no_answer = false; },
          "Give the best passage whatever the odds, as for SQuAD v1.1")
      ->group(kQuestionsGroup);
}

}  // namespace transkimmer
