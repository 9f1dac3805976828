#include "transkimmer/question_answerer.h"

#include <array>
#include <utility>

#include "features/batches.h"
#include "features/questions/answer_settings.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "serving/loaded_model.h"
#include "serving/question_windows.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

QaDataset as_dataset(std::span<const QuestionInput> inputs) {
  QaDataset dataset;
  for (const QuestionInput& input : inputs) {
    QaExample& example = dataset.examples.emplace_back();
    example.question = input.question;
    example.context = dataset.contexts.size();
    // Byte-level vocabularies have tokens for line feeds, which are no answer.
    const bool blank = leading_white_space(input.context) == input.context.size();
    dataset.contexts.emplace_back(blank ? std::string_view() : input.context);
  }
  return dataset;
}

WindowResults run_windows(const Engine& engine, const QaFeatures& features, std::size_t batch_tokens) {
  const EncodedDataset& windows = features.tokens;
  std::vector<std::size_t> lengths(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) lengths[w] = windows.length(w);
  const auto layers = static_cast<std::size_t>(engine.config().num_hidden_layers);
  WindowResults results{std::vector<std::vector<float>>(windows.size()),
                        std::vector<std::vector<std::uint32_t>>(windows.size())};
  for (const Batch& members : grouped_batches(lengths, features.first_window, {SIZE_MAX, batch_tokens})) {
    RaggedBatch batch;
    for (const std::uint32_t w : members)
      batch.add(windows.sequence_ids(w), windows.sequence_type_ids(w),
                windows.never_skimmed(w, engine.config().skim.protection));
    const BatchResult run = engine.run(batch);
    for (std::size_t m = 0; m < members.size(); ++m) {
      const auto logits =
          std::span(run.logits).subspan(std::size_t{2} * batch.starts[m], 2 * lengths[members[m]]);
      results.logits[members[m]].assign(logits.begin(), logits.end());
      for (std::size_t layer = 0; layer < layers; ++layer)
        results.kept[members[m]].push_back(run.kept[layer * members.size() + m]);
    }
  }
  return results;
}

AnswerCandidate as_candidate(const QaCandidate& candidate) {
  return {candidate.range.begin, candidate.range.end, static_cast<float>(candidate.probability)};
}

std::vector<float> kept_fraction(const QaFeatures& features, const WindowResults& results,
                                 std::size_t example) {
  const std::size_t layers = results.kept[features.first_window[example]].size();
  std::vector<float> fraction(layers);
  double tokens = 0;
  for (std::size_t w = features.first_window[example]; w < features.first_window[example + 1]; ++w) {
    tokens += static_cast<double>(features.tokens.length(w));
    for (std::size_t layer = 0; layer < layers; ++layer)
      fraction[layer] += static_cast<float>(results.kept[w][layer]);
  }
  for (float& share : fraction) share = static_cast<float>(share / tokens);
  return fraction;
}

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::question_answering}, "a question answering model", true};
  return kind;
}

}  // namespace

struct QuestionAnswerer::Impl {
  explicit Impl(Model served) : model(std::move(served)) { require_kind(model, served_kind()); }

  Model model;
};

WindowedQuestions cut_into_windows(const Model& model, std::span<const QuestionInput> inputs,
                                   const AnswerOptions& options, unsigned threads) {
  const Engine& engine = model.loaded().engine;
  const Tokenizer& tokenizer = *model.loaded().tokenizer;
  WindowedQuestions questions{.dataset = as_dataset(inputs), .features = {}};
  const std::size_t longest = longest_input(engine.config(), tokenizer, options.max_length);
  questions.features =
      make_qa_windows(questions.dataset, tokenizer, inference_windows(options, longest), threads);
  return questions;
}

std::vector<Answer> answers_of(const WindowedQuestions& questions, const WindowResults& results,
                               const AnswerOptions& options) {
  const QaFeatures& features = questions.features;
  const std::vector<QaDecision> decisions =
      decode_answers(features, results.logits, decoding_options(options));
  std::vector<Answer> answers(decisions.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const QaDecision& decision = decisions[i];
    Answer& answer = answers[i];
    answer.text = answer_text(questions.dataset, i, decision.answer);
    answer.begin = decision.answer.range.begin;
    answer.end = decision.answer.range.end;
    answer.score = static_cast<float>(decision.answer.probability);
    answer.null_odds = decision.null_odds;
    for (const QaCandidate& candidate : decision.n_best) answer.candidates.push_back(as_candidate(candidate));
    answer.windows = features.windows_of(i).size();
    answer.question_truncated = features.question_truncated[i];
    answer.kept_fraction = kept_fraction(features, results, i);
  }
  return answers;
}

QuestionAnswerer::QuestionAnswerer(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
QuestionAnswerer::QuestionAnswerer(QuestionAnswerer&&) noexcept = default;
QuestionAnswerer& QuestionAnswerer::operator=(QuestionAnswerer&&) noexcept = default;
QuestionAnswerer::~QuestionAnswerer() = default;

QuestionAnswerer QuestionAnswerer::load(const std::filesystem::path& directory, const EngineOptions& options,
                                        const std::function<void(const std::string&)>& notices) {
  return QuestionAnswerer(load_served(directory, options, notices, served_kind()));
}

const Model& QuestionAnswerer::model() const {
  return impl_->model;
}

std::vector<Answer> QuestionAnswerer::answer(std::span<const QuestionInput> inputs,
                                             const AnswerOptions& options) const {
  if (options.batch_tokens == 0) throw UsageError("batch_tokens is 0, expected at least 1");
  const Engine& engine = impl_->model.loaded().engine;
  const WindowedQuestions questions =
      cut_into_windows(impl_->model, inputs, options, static_cast<unsigned>(engine.threads()));
  return answers_of(questions, run_windows(engine, questions.features, options.batch_tokens), options);
}

std::vector<Answer> QuestionAnswerer::answer(std::initializer_list<QuestionInput> inputs,
                                             const AnswerOptions& options) const {
  return answer(std::span(inputs.begin(), inputs.size()), options);
}

Answer QuestionAnswerer::answer(std::string_view question, std::string_view context,
                                const AnswerOptions& options) const {
  return std::move(answer({QuestionInput{question, context}}, options).front());
}

int QuestionAnswerer::layers() const {
  return impl_->model.layers();
}
int QuestionAnswerer::threads() const {
  return impl_->model.threads();
}
Precision QuestionAnswerer::precision() const {
  return impl_->model.precision();
}
bool QuestionAnswerer::skimming() const {
  return impl_->model.skimming();
}

}  // namespace transkimmer
