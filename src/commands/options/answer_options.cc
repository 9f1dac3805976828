#include "commands/options/answer_options.h"

#include "commands/options/command_options.h"

namespace transkimmer {

void add_answer_options(CLI::App& command, AnswerOptions& options) {
  constexpr std::int64_t most_tokens = 1 << 20;
  const OptionGroup group(command, questions_group);
  group.whole("--doc-stride", options.doc_stride,
              "Tokens that windows of a long context have in common (default: 128, or a third of a shorter "
              "--max-length)",
              {0, most_tokens});
  group.whole("--max-question-length", options.max_question_length,
              "Cut questions to N tokens; 0: to half of what the overlap leaves of a window",
              {0, most_tokens});
  group.whole("--n-best", options.n_best, "Starts and ends looked at in each window", {1, most_tokens});
  group.whole("--max-answer-length", options.max_answer_length, "Most tokens of an answer", {1, most_tokens});
  group.real("--null-threshold", options.null_threshold,
             "Say that there is no answer when its odds over the best passage, in logits, exceed X");
  command
      .add_flag_callback(
          "--always-answer", [&options] { options.allow_no_answer = false; },
          "Give the best passage whatever the odds, as for SQuAD v1.1")
      ->group(questions_group);
}

}  // namespace transkimmer
