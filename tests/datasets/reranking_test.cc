#include "datasets/reranking.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Texts = std::vector<std::string>;

TEST(Reranking, QueriesComeWithTheirDocuments) {
  const auto queries = parse_ranked_queries(
      "{\"query\":\"q\",\"positive\":[\"a\"],\"negative\":[\"b\",\"c\"]}\n"
      "{\"query\":\"r\",\"positive\":\"a\",\"documents\":[\"c\",\"a\",\"d\"]}\n"
      "{\"query\":\"s\",\"positive\":[],\"negative\":[\"e\"]}\n",
      "q.jsonl");
  ASSERT_EQ(queries.size(), 3U);
  EXPECT_EQ(queries[0].negative, (Texts{"b", "c"}));
  EXPECT_EQ(queries[1].positive, Texts{"a"});
  EXPECT_EQ(queries[1].negative, (Texts{"c", "d"})) << "documents that are positive are no negative ones";
  const Dataset pairs = pairs_of(queries, "q.jsonl");
  EXPECT_EQ(pairs.queries, (std::vector<std::size_t>{0, 3, 6, 7}));
  ASSERT_EQ(pairs.examples.size(), 7U);
  EXPECT_EQ(pairs.examples[3].text, "r");
  EXPECT_EQ(pairs.examples[3].text_pair, "a");
  EXPECT_EQ(pairs.examples[3].label, 1);
  EXPECT_EQ(pairs.examples[5].label, 0);
}

struct BadQueries {
  std::string name, text, message;

  friend std::ostream& operator<<(std::ostream& out, const BadQueries& bad) { return out << bad.name; }
};

class MalformedQueries : public testing::TestWithParam<BadQueries> {};

INSTANTIATE_TEST_SUITE_P(
    Files, MalformedQueries,
    testing::Values(BadQueries{"NoPositive", "{\"query\":\"q\",\"negative\":[]}",
                               "q.jsonl:1: no key 'positive'; keys found: 'negative', 'query'"},
                    BadQueries{"Number", "{\"query\":\"q\",\"positive\":[1],\"negative\":[]}",
                               "q.jsonl:1: 'positive' is [1], expected an array of texts"},
                    BadQueries{
                        "Both", "{\"query\":\"q\",\"positive\":[],\"negative\":[],\"documents\":[]}",
                        "q.jsonl:1: expected either 'negative' or 'documents' beside 'query' and 'positive'"},
                    BadQueries{"NoDocuments", "{\"query\":\"q\",\"positive\":[],\"negative\":[]}",
                               "q.jsonl:1: the query has no documents"},
                    BadQueries{"Empty", "\n", "q.jsonl: has no queries"}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(MalformedQueries, AreNamed) {
  try {
    parse_ranked_queries(GetParam().text, "q.jsonl");
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()), GetParam().message);
  }
}

}  // namespace
}  // namespace transkimmer
