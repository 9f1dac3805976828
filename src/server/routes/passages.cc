// What stands in a text: named entities, answers to questions.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/strings/shortest_decimal.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"
#include "serving/question_windows.h"
#include "serving/tagged_text.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// Names of Aggregation, in its order but for the first, which is the pipeline's default.
const std::vector<std::string>& aggregation_strategies() {
  static const std::vector<std::string> names = {"none", "simple", "first", "average", "max"};
  return names;
}

struct TaggedInput {
  std::string text;
  Encoding encoding;
};

/// As Hugging Face's pipeline has it, places in characters. `token` is how the vocabulary spells an entity
/// that is one token.
OrderedJson entity_json(const Entity& entity, const std::string& text, const std::string* token) {
  OrderedJson object = {{token != nullptr ? "entity" : "entity_group", entity.entity_group},
                        {"score", shortest_decimal(entity.score)}};
  if (token != nullptr) object["index"] = entity.index;
  object["word"] = token != nullptr ? *token : text.substr(entity.begin, entity.end - entity.begin);
  object["start"] = characters_before(text, entity.begin);
  object["end"] = characters_before(text, entity.end);
  return object;
}

OrderedJson entities_json(const ServedModel& model, const TaggedInput& input, BatchedResult& result,
                          Aggregation aggregation) {
  const TextResult run{std::move(result.logits), std::move(result.skimmed_at), {}};
  const TaggedText tagged =
      tagged_text(model.model(), TextInput{input.text}, input.encoding, run, aggregation);
  OrderedJson list = OrderedJson::array();
  for (const Entity& entity : tagged.entities) {
    const bool by_token = aggregation == Aggregation::none;
    const std::string token =
        by_token ? std::string(model.tokenizer().token(input.encoding.ids[entity.index])) : std::string();
    list.push_back(entity_json(entity, input.text, by_token ? &token : nullptr));
  }
  return list;
}

OrderedJson answer_json(const Answer& answer, const std::string& context) {
  OrderedJson object = {{"score", shortest_decimal(answer.score)},
                        {"start", characters_before(context, answer.begin)},
                        {"end", characters_before(context, answer.end)}};
  object["answer"] = answer.text;
  return object;
}

AnswerOptions answer_options(const ServedModel& model, const RequestFields& fields) {
  const auto size = [&](const char* key, std::int64_t least,
                        std::int64_t most) -> std::optional<std::size_t> {
    const auto value = fields.integer(key, least, most);
    return value ? std::optional(static_cast<std::size_t>(*value)) : std::nullopt;
  };
  const auto longest = static_cast<std::int64_t>(model.max_input_length());
  AnswerOptions options;
  options.max_length =
      size("max_seq_len", 8, longest).value_or(std::min<std::size_t>(384, model.max_input_length()));
  options.doc_stride = size("doc_stride", 0, longest);
  options.max_question_length = size("max_question_len", 1, longest).value_or(0);
  options.max_answer_length = size("max_answer_len", 1, longest).value_or(options.max_answer_length);
  // The pipeline answers with a passage unless it is told that there may be none.
  options.allow_no_answer = fields.boolean("handle_impossible_answer", false);
  return options;
}

struct AskedQuestion {
  std::string context;
  AnswerOptions options;
  WindowedQuestions windows;
};

void add_windows(const ServedModel& model, const AskedQuestion& asked, Planning& planning) {
  const EncodedDataset& tokens = asked.windows.features.tokens;
  for (std::size_t w = 0; w < tokens.size(); ++w) {
    const auto ids = tokens.sequence_ids(w), types = tokens.sequence_type_ids(w);
    planning.add({.ids = {ids.begin(), ids.end()},
                  .type_ids = {types.begin(), types.end()},
                  .never_skimmed = tokens.never_skimmed(w, model.config().skim.protection),
                  .skim_threshold = planning.skim_threshold()});
  }
}

}  // namespace

Plan plan_ner(const RouteContext& context, const RequestFields& fields) {
  context.model.require({HeadKind::token_classification}, "a token classifier");
  const Several<std::string> inputs = fields.texts("inputs");
  const RequestFields parameters = fields.object("parameters");
  const std::vector<std::string>& names = aggregation_strategies();
  const std::string strategy = parameters.word("aggregation_strategy", names);
  const auto aggregation = static_cast<Aggregation>(std::ranges::find(names, strategy) - names.begin());
  Planning planning(context, fields);
  planning.admit(inputs.items.size(), inputs.listed);
  const auto tagged = std::make_shared<std::vector<TaggedInput>>();
  for (const std::string& text : inputs.items) {
    tagged->push_back({text, context.model.encode(TextOrPair{.text = text}, planning.cut())});
    planning.add(tagged->back().encoding, text);
  }
  return planning.finish([tagged, aggregation, listed = inputs.listed,
                          &model = context.model](std::vector<BatchedResult>& results) {
    if (!listed) return json_response(entities_json(model, tagged->front(), results.front(), aggregation));
    OrderedJson lists = OrderedJson::array();
    for (std::size_t i = 0; i < results.size(); ++i)
      lists.push_back(entities_json(model, (*tagged)[i], results[i], aggregation));
    return json_response(lists);
  });
}

Plan plan_answer(const RouteContext& context, const RequestFields& fields) {
  context.model.require({HeadKind::question_answering}, "a question answering model");
  // Either as they are, or where Hugging Face's inference clients put them.
  const RequestFields inputs = fields.object("inputs");
  const bool nested = inputs.string("question").has_value();
  const RequestFields& texts = nested ? inputs : fields;
  const auto asked = std::make_shared<AskedQuestion>();
  const std::string question = texts.required_string("question");
  asked->context = texts.required_string("context");
  Planning planning(context, fields);
  planning.admit(1, false, "question");
  planning.count_characters(question);
  planning.count_characters(asked->context);
  const QuestionInput input{question, asked->context};
  try {
    asked->options = answer_options(context.model, nested ? fields.object("parameters") : fields);
    asked->windows = cut_into_windows(context.model.model(), {&input, 1}, asked->options, 1);
  } catch (const UsageError& error) {
    throw RequestError(Fault::validation, error.what());
  }
  add_windows(context.model, *asked, planning);
  return planning.finish([asked](std::vector<BatchedResult>& results) {
    WindowResults windows;
    for (BatchedResult& result : results) {
      windows.logits.push_back(std::move(result.logits));
      windows.kept.push_back(std::move(result.kept));
    }
    return json_response(
        answer_json(answers_of(asked->windows, windows, asked->options).front(), asked->context));
  });
}

}  // namespace transkimmer
