// What a tokenizer makes of texts, and what becomes of tokens in the model.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/strings/shortest_decimal.h"
#include "model/cost.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"
#include "serving/decoded_text.h"

namespace transkimmer {
namespace {

/// A token as /tokenize has it; places are bytes of its text.
OrderedJson token_json(const Tokenizer& tokenizer, const Encoding& encoding, std::size_t token,
                       const TextOrPair& input) {
  const bool special = encoding.segments[token] == Segment::special;
  const ByteRange range = encoding.offsets[token];
  const std::string& text = encoding.segments[token] == Segment::second ? *input.pair : input.text;
  OrderedJson object = {{"id", encoding.ids[token]}};
  object["text"] = special ? std::string(tokenizer.token(encoding.ids[token]))
                           : text.substr(range.begin, range.end - range.begin);
  object["special"] = special;
  object["start"] = special ? OrderedJson(nullptr) : OrderedJson(range.begin);
  object["stop"] = special ? OrderedJson(nullptr) : OrderedJson(range.end);
  return object;
}

/// The tokens of the text alone.
Encoding without_special_tokens(const Tokenizer& tokenizer, std::string_view text) {
  Encoding encoding;
  for (const Piece& piece : tokenizer.pieces(text)) {
    encoding.ids.push_back(piece.id);
    encoding.offsets.push_back(piece.offset);
    encoding.segments.push_back(Segment::first);
  }
  return encoding;
}

struct ExplainedInput {
  TextOrPair input;
  Encoding encoding;
};

OrderedJson explanation(const ServedModel& model, const ExplainedInput& explained,
                        const BatchedResult& result) {
  const std::size_t layers = model.spec().layers.size(), length = explained.encoding.ids.size();
  OrderedJson tokens = OrderedJson::array();
  for (std::size_t t = 0; t < length; ++t) {
    OrderedJson token = token_json(model.tokenizer(), explained.encoding, t, explained.input);
    if (explained.encoding.segments[t] == Segment::second) token["text_pair"] = true;
    token["skimmed_at"] =
        result.skimmed_at[t] < layers ? OrderedJson(result.skimmed_at[t]) : OrderedJson(nullptr);
    tokens.push_back(std::move(token));
  }
  const std::uint64_t dense = dense_cost(model.spec(), length).count;
  const std::uint64_t computed =
      model.model().skimming() ? skimmed_cost(model.spec(), length, result.kept).count : dense;
  return {{"tokens", tokens},
          {"truncated", explained.encoding.truncated},
          {"layers", layers},
          {"tokens_kept", result.kept},
          {"macs", computed},
          {"dense_macs", dense},
          {"macs_saved", 1.0 - static_cast<double>(computed) / static_cast<double>(dense)},
          {"seconds", result.inference_seconds}};
}

}  // namespace

Plan plan_tokenize(const RouteContext& context, const RequestFields& fields) {
  const Several<std::string> inputs = fields.texts("inputs");
  const bool add_special_tokens = fields.boolean("add_special_tokens", true);
  const std::string& prompt = context.model.prompt(fields.string("prompt_name"));
  Planning planning(context, fields);
  planning.admit(inputs.items.size(), inputs.listed);
  const Tokenizer& tokenizer = context.model.tokenizer();
  OrderedJson lists = OrderedJson::array();
  for (const std::string& text : inputs.items) {
    const TextOrPair input{.text = prompt + text};
    const Encoding encoding = add_special_tokens
                                  ? tokenizer.encode(input.text, {.truncation = Truncation::none})
                                  : without_special_tokens(tokenizer, input.text);
    OrderedJson list = OrderedJson::array();
    for (std::size_t t = 0; t < encoding.ids.size(); ++t)
      list.push_back(token_json(tokenizer, encoding, t, input));
    lists.push_back(std::move(list));
  }
  return finished(json_response(lists));
}

Plan plan_decode(const RouteContext& context, const RequestFields& fields) {
  const std::vector<std::vector<std::int32_t>> lists = fields.lists_of_ids("ids");
  const bool skip = fields.boolean("skip_special_tokens", true);
  Planning planning(context, fields);
  planning.admit(lists.size(), lists.size() > 1, "ids");
  OrderedJson texts = OrderedJson::array();
  for (const std::vector<std::int32_t>& ids : lists) {
    try {
      texts.push_back(decode(context.model.tokenizer(), ids, skip));
    } catch (const UsageError& error) {
      throw RequestError(Fault::tokenizer, error.what());
    }
  }
  return finished(json_response(texts));
}

Plan plan_explain(const RouteContext& context, const RequestFields& fields) {
  const Several<TextOrPair> inputs = fields.texts_or_pairs("inputs");
  const bool is_embedder = context.model.head() == HeadKind::embedding;
  const std::string prompt = is_embedder ? context.model.prompt(fields.string("prompt_name")) : "";
  Planning planning(context, fields);
  planning.admit(inputs.items.size(), inputs.listed);
  const auto explained = std::make_shared<std::vector<ExplainedInput>>();
  for (const TextOrPair& input : inputs.items) {
    const TextOrPair prompted{.text = prompt + input.text, .pair = input.pair};
    explained->push_back({prompted, context.model.encode(prompted, planning.cut())});
    planning.add(explained->back().encoding, input.text);
  }
  return planning.finish(
      [explained, listed = inputs.listed, &model = context.model](std::vector<BatchedResult>& results) {
        if (!listed) return json_response(explanation(model, explained->front(), results.front()));
        OrderedJson list = OrderedJson::array();
        for (std::size_t i = 0; i < results.size(); ++i)
          list.push_back(explanation(model, (*explained)[i], results[i]));
        return json_response(list);
      });
}

}  // namespace transkimmer
