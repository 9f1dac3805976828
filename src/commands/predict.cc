#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "commands/evaluation/evaluate_options.h"
#include "commands/options/answer_options.h"
#include "commands/options/command_options.h"
#include "commands/options/text_input.h"
#include "commands/prediction/answer_printer.h"
#include "commands/prediction/drawn_page.h"
#include "commands/prediction/predict_options.h"
#include "commands/prediction/predict_vectors.h"
#include "commands/prediction/result_printer.h"
#include "commands/prediction/text_stream.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "transkimmer/classifier.h"
#include "transkimmer/mask_filler.h"
#include "transkimmer/question_answerer.h"
#include "transkimmer/reranker.h"
#include "transkimmer/sparse_embedder.h"
#include "transkimmer/token_classifier.h"

namespace transkimmer {
namespace {

/// Questions are answered together, so that more would delay the first answer.
constexpr std::size_t kMostQuestions = 512;

void predict_labels(const PredictOptions& options, Model model, DrawnPage& page) {
  const Classifier classifier(std::move(model));
  for_each_text(options, [&](const auto&, const auto& inputs, const auto& classify, CutNotice& cut) {
    return classifier.classify(inputs, classify, [&](std::size_t i, const Classification& result) {
      print_result(result, classifier, options.json);
      if (page.wanted()) page.add(words_of(result, classifier), inputs[i], result.tokens);
      cut.see(result.truncated);
    });
  });
}

void predict_relevance(const PredictOptions& options, Model model, DrawnPage& page) {
  const Reranker reranker(std::move(model));
  for_each_text(options, [&](const auto&, const auto& inputs, const auto& classify, CutNotice& cut) {
    return reranker.score(inputs, classify, [&](std::size_t i, const Relevance& result) {
      print_result(result, reranker.model().layers(), options.json);
      if (page.wanted()) page.add(words_of(result), inputs[i], result.tokens);
      cut.see(result.truncated);
    });
  });
}

std::vector<TokenTrace> traces_of(const TaggedText& result) {
  std::vector<TokenTrace> traces;
  for (const TokenLabel& label : result.tokens) traces.push_back(label.token);
  return traces;
}

void predict_entities(const PredictOptions& options, Model model, DrawnPage& page) {
  const TokenClassifier tagger(std::move(model));
  const std::vector<std::string>& names = aggregation_names();
  const auto aggregation =
      static_cast<Aggregation>(std::ranges::find(names, options.aggregation) - names.begin());
  for_each_text(options, [&](const auto& lines, const auto& inputs, const auto& classify, CutNotice& cut) {
    const TagOptions tag{classify.batch_tokens, classify.max_length, aggregation, classify.progress};
    return tagger.tag(inputs, tag, [&](std::size_t i, const TaggedText& result) {
      print_result(result, lines[i], {.json = options.json, .by_token = aggregation == Aggregation::none});
      if (page.wanted()) page.add(words_of(result, lines[i]), inputs[i], traces_of(result));
      cut.see(result.truncated);
    });
  });
}

void predict_masks(const PredictOptions& options, Model model) {
  const MaskFiller filler(std::move(model));
  for_each_text(options, [&](const auto&, const auto& inputs, const auto& classify, CutNotice& cut) {
    const FillOptions fill{.top_k = options.top_k,
                           .batch_tokens = classify.batch_tokens,
                           .max_length = classify.max_length,
                           .progress = classify.progress};
    return filler.fill(single_texts(inputs, "a model that fills masks"), fill,
                       [&](std::size_t, const FilledText& result) {
                         print_result(result, options.json);
                         cut.see(result.truncated);
                       });
  });
}

void predict_answers(const PredictOptions& options, Model model) {
  const QuestionAnswerer answerer(std::move(model));
  AnswerOptions answer = options.answer;
  answer.max_length = options.max_length;
  answer.batch_tokens = options.batch_tokens;
  AnswerPrinter printer(answerer, answer, options.json);
  if (options.question) return printer.print({{*options.question, *options.context, {}}});
  TextInputOptions input = options.input;
  input.content = LineContent::questions;
  TextLineReader reader(input);
  PredictProgress progress(options.progress, "questions");
  for_each_chunk(reader, kMostQuestions, [&](const std::vector<TextLine>& lines) {
    printer.print(lines);
    progress.add(lines.size());
  });
  progress.finish();
}

/// What is shown token by token. `page` takes what is drawn, if anything is.
void predict_traced(const PredictOptions& options, Model model, DrawnPage& page) {
  if (options.head || model.task() == "text-ranking")
    return predict_relevance(options, std::move(model), page);
  if (model.task() == "token-classification") return predict_entities(options, std::move(model), page);
  predict_labels(options, std::move(model), page);
}

/// As predict_traced, with the page that --html asks for.
void predict_drawn(const PredictOptions& options, const Model& model) {
  write_file_atomically(options.html, [&](std::ostream& file) {
    DrawnPage page(file, options.model.filename().string(), model.layers());
    predict_traced(options, model, page);
    require_not_read("--html", options.html, {options.model});
    page.finish();
  });
}

/// Whether the model says of each token where it was skimmed.
bool is_traced(const PredictOptions& options, const Model& model) {
  return options.head || model.task() == "text-ranking" || model.task() == "token-classification" ||
         model.task() == "text-classification";
}

void run_predict(const PredictOptions& options) {
  Model model = Model::load(options.model, options.engine, notices_on_standard_error());
  const bool traced = is_traced(options, model) && !options.question;
  if (!options.html.empty() && !traced)
    throw UsageError(fmt::format(
        "--html draws the tokens of classifiers, rerankers and taggers, not of a {} model", model.task()));
  if (model.task() == "question-answering") return predict_answers(options, std::move(model));
  if (options.question)
    throw UsageError(options.model.string() +
                     " holds no question answering model, so it takes no --question");
  if (options.sparse && model.task() != "fill-mask")
    throw UsageError(options.model.string() +
                     " holds no masked language model, so --sparse makes nothing of it");
  if (!options.html.empty()) return predict_drawn(options, model);
  if (traced) {
    DrawnPage nothing;
    return predict_traced(options, std::move(model), nothing);
  }
  if (options.sparse || SparseEmbedder::is_meant_by(model)) return predict_sparse(options, std::move(model));
  if (model.task() == "fill-mask") return predict_masks(options, std::move(model));
  predict_embeddings(options, std::move(model));
}

constexpr const char* kDescription =
    "Classify texts, or answer questions. Each line of input gives one line of output, as soon as it is "
    "there: the label, a tab and its probability, or the value that a regression model predicts. With "
    "--json an object with label, label_id, score, probabilities (in the order of the model's labels), "
    "truncated (whether the text was cut), kept_fraction (of all tokens, those that went through each layer) "
    "and tokens; a token's skimmed_at "
    "is the layer whose predictor skimmed it, counted from 0, or null when it was never skimmed; begin "
    "and end are bytes of the text.\n\n"
    "A multi-label model gives the labels whose probability is above 0.5, a tab between them, or with --json "
    "an object with labels (those) and scores (of all labels by name) in place of the first four. A reranker "
    "(sentence-transformers' CrossEncoder) takes pairs of query and text and gives the score of each.\n\n"
    "A token classification model (named entities) gives the entities of each line, a tab between them, as "
    "GROUP: text. With --json an object with entities, each with entity_group, score, word, start and end, "
    "in characters (with --aggregation-strategy none entity and index in place of entity_group, and the "
    "token as word), and truncated and kept_fraction.\n\n"
    "An embedder (sentence-transformers' layout) gives a vector of each line: numbers with blanks between "
    "them, "
    "or with --json an object with embedding, truncated and kept_fraction.\n\n"
    "A masked language model takes texts with masks ([MASK] or <mask>) and gives the likeliest tokens of "
    "each, "
    "as TOKEN: score with tabs between them; or with --json an object with fill, as Hugging Face's pipeline "
    "has "
    "it: score, token, token_str and sequence of each (of several masks an array for each). With --sparse, "
    "TOKEN: value of a sparse vector, or an object with sparse, index, token and value of each.\n\n"
    "A question answering model takes questions with their contexts: as --question and --context, as "
    "lines of question, tab, context, or as JSON lines with question, context and id. It gives the "
    "passage that answers, a tab and its probability; an empty passage when there is none. With --json: "
    "id, answer, where it begins and ends in the context, in bytes and in characters, score, null_odds, "
    "the number of windows that the context was cut into, and the fraction of tokens that each layer "
    "kept.";

/// --question and --context, which go together.
void add_question_options(CLI::App& command, PredictOptions& options) {
  CLI::Option* question =
      command.add_option("--question", options.question, "One question, in place of --input")
          ->type_name("TEXT")
          ->group(kQuestionsGroup);
  CLI::Option* context = command.add_option("--context", options.context, "The text that is asked about")
                             ->type_name("TEXT")
                             ->group(kQuestionsGroup)
                             ->needs(question);
  question->needs(context)->excludes(command.get_option("--input"));
}

/// Of models that make something of a text other than labels.
void add_vector_options(CLI::App& command, PredictOptions& options) {
  const OptionGroup embeddings(command, "Embeddings");
  embeddings.value("--prompt", options.prompt, "TEXT",
                   "Put before every text; without it the model's default prompt, if it has one");
  embeddings.whole("--dimensions", options.dimensions,
                   "Only so many first values of a vector, made of length 1 again; 0: all", {0, 1 << 20});
  embeddings.word(
      "--embedding-precision", options.embedding_precision, embedding_precision_names(),
      "What a value becomes, as sentence-transformers' quantize_embeddings has it: float32; int8 or "
      "uint8, a byte; binary or ubinary, a bit, eight to a number");
  embeddings.value(
      "--calibration", options.calibration, "FILE",
      "Texts, one a line, whose smallest and largest values are the ends of a byte's range (default: "
      "all of the input, whose vectors are printed when the last one is there)");
  const OptionGroup masks(command, "Masked language models");
  masks.whole("--top-k", options.top_k, "Tokens for each mask", {1, 1 << 20});
  masks.flag("--sparse", options.sparse,
             "Sparse vectors over the vocabulary (SPLADE) in place of tokens for masks; a directory of "
             "sentence-transformers' SparseEncoder means it by itself");
  masks.whole("--max-active-dims", options.max_active_dims,
              "Only so many largest values of a sparse vector; 0: all", {0, 1 << 20});
  OptionGroup(command, "Pairs")
      .word(
          "--head", options.head, {"reranker"},
          "reranker: the model's one number says how well a text answers a query, though its directory does "
          "not say so (sentence-transformers' CrossEncoder of any model with one label)");
}

}  // namespace

void add_predict_command(CLI::App& app) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", kDescription);
  add_model_option(*command, options->model);
  add_text_input_options(*command, options->input);
  command
      ->add_option(
          "--max-length", options->max_length,
          "Cut inputs to N tokens, special tokens included; 0: as long as the model and its "
          "tokenizer's model_max_length allow. Of questions: tokens of a window; 0: 384, or fewer if "
          "the model takes fewer")
      ->type_name("N")
      ->check(whole_number(0, 1 << 20))
      ->group("Input");
  add_split_option(*command, options->engine.split_special_tokens, "Input");
  add_question_options(*command, *options);
  OptionGroup(*command, "Entities")
      .word("--aggregation-strategy", options->aggregation, aggregation_names(),
            "How tokens become entities, as Hugging Face's pipeline has it: none, each by itself; simple, "
            "neighbours of one kind; first, average or max: every word has one label");
  add_vector_options(*command, *options);
  add_answer_options(*command, options->answer);
  add_engine_options(*command, options->engine);
  command
      ->add_option("--batch-tokens", options->batch_tokens,
                   "Tokens per forward pass; bounds memory and does not change results")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24))
      ->group(kEngineGroup);
  add_json_option(*command, options->json);
  OptionGroup(*command, kOutputGroup)
      .value("--html", options->html, "FILE",
             "Also write a page of the texts with their tokens shaded by the layer at which they left, of a "
             "classifier, a reranker or a tagger");
  command
      ->add_flag("--progress", options->progress,
                 "Show on standard error how many texts are classified, and how many texts and tokens a "
                 "second, tokenization included; of questions, how many are answered")
      ->group(kOutputGroup);
  command->footer(
      "Example:\n  echo 'a charming journey' | transkimmer predict --model my-model --json\n"
      "  transkimmer predict --model my-squad --question 'Who built it?' --context 'Monks built it.'");
  command->callback([options] { run_predict(*options); });
}

}  // namespace transkimmer
