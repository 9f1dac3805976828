#include "evaluation/evaluate.h"

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/files/file.h"
#include "commands/evaluation/class_evaluation.h"
#include "commands/evaluation/evaluate_options.h"
#include "commands/evaluation/evaluated_data.h"
#include "commands/options/answer_options.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "evaluation/predictions.h"
#include "report/evaluation_report.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

Evaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                  const EvaluatedTexts& texts) {
  const std::optional<Engine> dense = load_dense(options, engine);
  EvaluationProgress progress(texts.encoded.size(), "examples");
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = progress.callback();
  Evaluation result = evaluate(engine, dense ? &*dense : nullptr, texts, evaluation);
  progress.finish();
  return result;
}

void evaluate_texts(const EvaluateOptions& options, const Engine& engine) {
  const EvaluatedTexts texts = read_texts(options, engine, notices_on_standard_error());
  require_not_read("--predictions", options.predictions, {options.model});
  require_not_read("--confusion-svg", options.confusion_svg, {options.model});
  require_not_read("--error-analysis", options.error_analysis, {options.model});
  const Evaluation result = evaluate_with_progress(options, engine, texts);
  const EvaluationContext context = context_of(engine, texts);
  const std::optional<NamedClassReport> classes = class_report_of(engine.config(), texts, result.run);
  if (!options.json)
    std::cout << evaluation_table(result, context) << (classes ? class_table(*classes) : "") << std::flush;
  if (!options.predictions.empty())
    write_predictions(options.predictions, engine.config(), result.run, texts.indices);
  write_class_outputs(options, engine.config(), texts, result.run, classes);
  if (!options.json) return;
  Json json = evaluation_json(result, context);
  if (classes) json["class_report"] = class_report_json(*classes);
  print_json(json);
}

void check_outputs(const EvaluateOptions& options) {
  check_output(options.predictions);
  check_output(options.null_odds);
  check_output(options.confusion_svg);
  check_output(options.error_analysis);
  const bool both = !options.predictions.empty() && !options.null_odds.empty();
  if (both && destination_of(options.predictions) == destination_of(options.null_odds))
    throw UsageError("--null-odds and --predictions name the same file");
}

void run_evaluate(EvaluateOptions options) {
  ModelConfig config = evaluated_config(options);
  check_outputs(options);
  check_class_outputs(options, config);
  find_named_data(options);
  const Engine engine =
      Engine::load(options.model, std::move(config), options.engine, notices_on_standard_error());
  if (engine.config().head == HeadKind::question_answering) {
    evaluate_answers(options, engine);
  } else if (engine.config().head == HeadKind::token_classification) {
    evaluate_tags(options, engine);
  } else {
    evaluate_texts(options, engine);
  }
}

void add_comparison_options(CLI::App& command, EvaluateOptions& options) {
  command
      .add_flag("--warm-up", options.evaluation.warm_up,
                "Run everything once before the clock starts, as a serving process has")
      ->group(kEngineGroup);
  command.add_flag("!--no-compare", options.compare, "Do not also run the same weights dense")
      ->group(kEngineGroup);
}

void add_prediction_options(CLI::App& command, EvaluateOptions& options) {
  const OptionGroup output(command, kOutputGroup);
  output.value(
      "--predictions", options.predictions, "FILE",
      "Write what the model says of every example, labelled or not, as JSON lines with index, label and "
      "scores (in the order of the model's labels); of a token classifier with index, tokens and tags; "
      "of "
      "questions as SQuAD's evaluation script reads it");
  output.value("--confusion-svg", options.confusion_svg, "FILE",
               "Write which classes are taken for which as a picture");
  output.value(
      "--error-analysis", options.error_analysis, "FILE",
      "Write the texts that are classified wrongly as JSON lines, the most confident mistakes first");
  OptionGroup(command, kQuestionsGroup)
      .value("--null-odds", options.null_odds, "FILE",
             "Write every question's odds of having no answer, for the script's --na-prob-file");
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App& command =
      *app.add_subcommand("evaluate",
                          "Run a fine-tuned model over a task's data with skimmed tokens removed, and "
                          "report its scores, tokens kept, arithmetic and time beside the same weights "
                          "run dense.\n\nExample: transkimmer evaluate --model my-sst2 --task sst2 "
                          "--data-dir glue/SST-2");
  add_model_option(command, options->model);
  add_data_options(command, *options);
  add_engine_options(command, options->engine);
  add_batch_options(command, options->evaluation);
  add_comparison_options(command, *options);
  add_answer_options(command, options->answer);
  add_prediction_options(command, *options);
  add_json_option(command, options->json);
  check_data_options_early(command, *options);
  command.callback([options, &command] {
    note_given_options(command, *options);
    run_evaluate(*options);
  });
}

}  // namespace transkimmer
