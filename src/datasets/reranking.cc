#include "datasets/reranking.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const JsonLineReader& reader, const std::string& message) {
  throw FormatError(at_line(reader.origin(), reader.line()) + message);
}

std::vector<std::string> texts_at(const JsonLineReader& reader, const json& object, const char* key) {
  const json& value = reader.value_at(object, key);
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array() || !std::ranges::all_of(value, [](const json& each) { return each.is_string(); }))
    fail(reader,
         fmt::format("{} is {}, expected an array of texts", in_quotes(key), shortened(value.dump())));
  return value.get<std::vector<std::string>>();
}

RankedQuery query_in(const JsonLineReader& reader, const json& object) {
  RankedQuery query = {.query = reader.string_at(object, "query"),
                       .positive = texts_at(reader, object, "positive"),
                       .negative = {}};
  if (object.contains("negative") == object.contains("documents"))
    fail(reader, "expected either 'negative' or 'documents' beside 'query' and 'positive'");
  if (object.contains("negative")) {
    query.negative = texts_at(reader, object, "negative");
  } else {
    query.negative = texts_at(reader, object, "documents");
    std::erase_if(query.negative, [&](const std::string& document) {
      return std::ranges::find(query.positive, document) != query.positive.end();
    });
  }
  if (query.positive.empty() && query.negative.empty()) fail(reader, "the query has no documents");
  return query;
}

}  // namespace

std::vector<RankedQuery> parse_ranked_queries(std::string_view text, const std::string& origin) {
  reject_stand_in(text, origin);
  std::vector<RankedQuery> queries;
  JsonLineReader reader(text, origin);
  for (json object; reader.next(object);) queries.push_back(query_in(reader, object));
  if (queries.empty()) throw FormatError(origin + ": has no queries");
  return queries;
}

std::vector<RankedQuery> load_ranked_queries(const std::filesystem::path& file) {
  return parse_ranked_queries(read_file(file), file.string());
}

Dataset pairs_of(const std::vector<RankedQuery>& queries, const std::string& origin) {
  Dataset dataset{.examples = {}, .labels = {}, .labelled = true, .queries = {0}, .origin = origin};
  for (const RankedQuery& query : queries) {
    for (const std::string& document : query.positive)
      dataset.examples.push_back({.text = query.query, .text_pair = document, .label = 1});
    for (const std::string& document : query.negative)
      dataset.examples.push_back({.text = query.query, .text_pair = document, .label = 0});
    dataset.queries.push_back(dataset.examples.size());
  }
  return dataset;
}

}  // namespace transkimmer
