#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "datasets/documents.h"
#include "datasets/glue.h"
#include "datasets/squad.h"
#include "datasets/tables.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct MalformedFile {
  const char* name;  ///< a test name, and the promise: this is refused
  std::function<void()> read;
  const char* error;
};

void PrintTo(const MalformedFile& file, std::ostream* out) {
  *out << file.name;
}

/// A user's own file of that name and content.
std::function<void()> table(const std::string& path, const std::string& text, TableSource source = {}) {
  source.path = path;
  return [=] { parse_table(text, source); };
}

std::function<void()> glue(const char* task, const std::string& text, Split split = Split::train) {
  return [=] { parse_glue(find_task(task), text, split, std::string(name_of(split)) + ".tsv"); };
}

std::function<void()> news(const std::string& text) {
  return [=] { parse_document_lines(find_task("imdb"), text, Split::train, "train.jsonl"); };
}

std::function<void()> yelp(const std::string& text) {
  return [=] { parse_yelp(find_task("yelp"), text, "train.csv"); };
}

std::function<void()> squad(const std::string& text) {
  return [=] { parse_squad(text, "t.json"); };
}

/// A file of one paragraph about "The old bridge"; `questions` are JSON objects.
std::function<void()> squad_questions(const std::string& questions) {
  return squad(R"({"data":[{"paragraphs":[{"context":"The old bridge","qas":[)" + questions + "]}]}]}");
}

/// The same of one question with that answer.
std::function<void()> squad_answer(const std::string& answer) {
  return squad_questions(R"({"id":"a","question":"q","answers":[)" + answer + "]}");
}

TableSource with_pair() {
  TableSource source;
  source.text_pair_column = "other";
  return source;
}

TableSource of_scores() {
  TableSource source;
  source.head = HeadKind::regression;
  return source;
}

TableSource with_labels(std::vector<std::string> labels) {
  TableSource source;
  source.labels = std::move(labels);
  return source;
}

class MalformedData : public testing::TestWithParam<MalformedFile> {};

TEST_P(MalformedData, IsRefusedWithAnExactMessage) {
  try {
    GetParam().read();
    FAIL() << "no error, expected: " << GetParam().error;
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), GetParam().error);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Csv, MalformedData,
    testing::Values(
        MalformedFile{"Empty", table("t.csv", ""), "t.csv: is empty, expected a header line"},
        MalformedFile{"EmptyLinesOnly", table("t.csv", "\n\r\n"), "t.csv: is empty, expected a header line"},
        MalformedFile{"HeaderOnly", table("t.csv", "text,label\n"), "t.csv: has no rows"},
        MalformedFile{"Utf16", table("t.csv", "\xFF\xFEt"), "t.csv: is UTF-16 text, expected UTF-8"},
        MalformedFile{"NoTextColumn", table("t.csv", "body,label\na,x\n"),
                      "t.csv:1: no column 'text'; columns found: 'body', 'label'"},
        MalformedFile{"NoLabelColumn", table("t.csv", "\ntext,class\na,x\n"),
                      "t.csv:2: no column 'label'; columns found: 'text', 'class'"},
        MalformedFile{"NoPairColumn", table("t.csv", "text,label\na,x\n", with_pair()),
                      "t.csv:1: no column 'other'; columns found: 'text', 'label'"},
        MalformedFile{"SemicolonsForCommas", table("t.csv", "text;label\na;x\n"),
                      "t.csv:1: no column 'text'; columns found: 'text;label'"},
        MalformedFile{"ColumnTwice", table("t.csv", "text,label,text\na,x,b\n"),
                      "t.csv:1: the header names column 'text' twice"},
        MalformedFile{"TooFewColumns", table("t.csv", "text,label\na,x\nb\n"),
                      "t.csv:3: found 1 column, expected 2: 'text', 'label'"},
        MalformedFile{"TooManyColumns", table("t.csv", "text,label\n\"a\nb\",x\nc,d,y\n"),
                      "t.csv:4: found 3 columns, expected 2: 'text', 'label'"},
        MalformedFile{"QuoteNeverClosed", table("t.csv", "text,label\na,x\n\"b,y\nc,z\n"),
                      "t.csv:3: the quote that opens column 1 is never closed"},
        MalformedFile{"QuoteNeverClosedAfterAnother", table("t.csv", "text,label\n\"a\nb\",\"x\nc,z\n"),
                      "t.csv:3: the quote that opens column 2 is never closed"},
        MalformedFile{
            "TextAfterClosingQuote", table("t.csv", "text,label\n\"a\nb\" c,x\n"),
            "t.csv:3: text follows the closing quote of column 1, expected a delimiter or the line's end"},
        MalformedFile{"OneClassOnly", table("t.csv", "text,label\na,x\nb,x\n"),
                      "t.csv: every label is 'x', expected at least two classes"},
        MalformedFile{"EmptyLabel", table("t.csv", "text,label\na,x\nb,\n"),
                      "t.csv:3: 'label' is empty, expected a label"},
        MalformedFile{"UnknownLabel",
                      table("t.csv", "text,label\na,no\nb,maybe\n", with_labels({"no", "yes"})),
                      "t.csv:3: label 'maybe' is none of no (0), yes (1)"},
        MalformedFile{"LabelIndexOutOfRange", table("t.csv", "text,label\na,2\n", with_labels({"no", "yes"})),
                      "t.csv:2: label '2' is none of no (0), yes (1)"},
        MalformedFile{"NegativeLabelIndex",
                      table("t.csv", "text,label\na,0\nb,-1\n", with_labels({"no", "yes"})),
                      "t.csv:3: label '-1' is none of no (0), yes (1)"},
        MalformedFile{"IndexAmongNumberedLabels",
                      table("t.csv", "text,label\na,0\n", with_labels({"1", "2"})),
                      "t.csv:2: label '0' is none of 1, 2"},
        MalformedFile{"ScoreInWords", table("t.csv", "text,label\na,high\n", of_scores()),
                      "t.csv:2: 'label' is 'high', expected a number"},
        MalformedFile{"ScoreNotANumber", table("t.csv", "text,label\na,nan\n", of_scores()),
                      "t.csv:2: 'label' is 'nan', expected a number"},
        MalformedFile{"EmptyScore", table("t.tsv", "text\tlabel\na\t1\nb\t\n", of_scores()),
                      "t.tsv:3: 'label' is '', expected a number"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    JsonLines, MalformedData,
    testing::Values(
        MalformedFile{"Empty", table("t.jsonl", ""), "t.jsonl: has no rows"},
        MalformedFile{"CutShort", table("t.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\n"),
                      "t.jsonl:2: invalid JSON at byte 13: unexpected end of input; expected string literal"},
        MalformedFile{"NotJson", table("t.jsonl", "text: a\n"),
                      "t.jsonl:1: invalid JSON at byte 2: invalid literal"},
        MalformedFile{"NotUtf8", table("t.jsonl", "{\"text\":\"\xFF\"}\n"),
                      "t.jsonl:1: invalid JSON at byte 10: invalid string: ill-formed UTF-8 byte"},
        MalformedFile{"LoneSurrogate", table("t.jsonl", "{\"text\":\"\\ud800\"}\n"),
                      "t.jsonl:1: invalid JSON at byte 16: invalid string: surrogate U+D800..U+DBFF must be "
                      "followed by U+DC00..U+DFFF"},
        MalformedFile{"NumberOutOfRange", table("t.jsonl", "{\"text\":1e999}\n"),
                      "t.jsonl:1: invalid JSON: a number is out of range"},
        MalformedFile{"AnArrayOfAll", table("t.json", "[{\"text\":\"a\",\"label\":1}]\n"),
                      "t.json:1: found an array, expected one JSON object per line"},
        MalformedFile{"AnArrayOverManyLines", table("t.json", "[\n{\"text\":\"a\",\"label\":1},\n"),
                      "t.json:1: found an array, expected one JSON object per line"},
        MalformedFile{"AString", table("t.jsonl", "\"text\"\n"),
                      "t.jsonl:1: found a string, expected one JSON object per line"},
        MalformedFile{"NoText", table("t.jsonl", "{\"label\":1,\"body\":\"a\"}\n"),
                      "t.jsonl:1: no key 'text'; keys found: 'body', 'label'"},
        MalformedFile{"NoLabel", table("t.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}\n"),
                      "t.jsonl:2: no key 'label'; keys found: 'text'"},
        MalformedFile{"EmptyObject", table("t.jsonl", "{}\n"), "t.jsonl:1: no key 'label'; keys found: none"},
        MalformedFile{"TextIsANumber", table("t.jsonl", "{\"text\":3,\"label\":1}\n"),
                      "t.jsonl:1: 'text' is an integer, expected a string"},
        MalformedFile{"TextIsNull", table("t.jsonl", "{\"text\":null,\"label\":1}\n"),
                      "t.jsonl:1: 'text' is null, expected a string"},
        MalformedFile{"LabelIsAFraction", table("t.jsonl", "{\"text\":\"a\",\"label\":0.5}\n"),
                      "t.jsonl:1: 'label' is a number with a fraction, expected a string or an integer"},
        MalformedFile{"LabelIsABoolean", table("t.jsonl", "{\"text\":\"a\",\"label\":true}\n"),
                      "t.jsonl:1: 'label' is a boolean, expected a string or an integer"},
        MalformedFile{
            "LabelIsAList", table("t.jsonl", "{\"text\":\"a\",\"label\":[1]}\n"),
            "t.jsonl:1: 'label' is an array, expected a string or an integer; sets of labels are read "
            "with --multi-label"},
        MalformedFile{"ScoreIsAString",
                      table("t.jsonl", "{\"text\":\"a\",\"label\":\"three\"}\n", of_scores()),
                      "t.jsonl:1: 'label' is 'three', expected a number"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Tasks, MalformedData,
    testing::Values(
        MalformedFile{"Empty", glue("sst2", ""), "train.tsv: is empty, expected a header line"},
        MalformedFile{"HeaderOnly", glue("sst2", "sentence\tlabel\n"), "train.tsv: has no rows"},
        MalformedFile{"ColaEmpty", glue("cola", "\n"), "train.tsv: has no rows"},
        MalformedFile{"OfAnotherTask", glue("rte", "sentence\tlabel\na\t1\n"),
                      "train.tsv:1: no column 'sentence1'; columns found: 'sentence', 'label'"},
        MalformedFile{"DevWithoutLabels", glue("sst2", "index\tsentence\n0\ta\n", Split::dev),
                      "dev.tsv:1: no column 'label'; columns found: 'index', 'sentence'"},
        MalformedFile{"MissingColumn", glue("rte", "index\tsentence1\tsentence2\tlabel\n0\ta\tentailment\n"),
                      "train.tsv:2: found 3 columns, expected 4: 'index', 'sentence1', 'sentence2', 'label'"},
        MalformedFile{"ColaWithHeader", glue("cola", "index\tsentence\n0\ta\n"),
                      "train.tsv:1: found 2 columns, expected 4: 'source', 'label', 'mark', 'sentence'"},
        MalformedFile{"MnliWithoutGoldLabel", glue("mnli", "sentence1\tsentence2\tgold_label\na\tb\t-\n"),
                      "train.tsv:2: label '-' is none of entailment (0), neutral (1), contradiction (2)"},
        MalformedFile{"Sst2WithThreeClasses", glue("sst2", "sentence\tlabel\na\t0\nb\t2\n"),
                      "train.tsv:3: label '2' is none of negative (0), positive (1)"},
        MalformedFile{"StsbOutOfRange", glue("stsb", "sentence1\tsentence2\tscore\na\tb\t5.5\n"),
                      "train.tsv:2: score '5.5' is not a number from 0 to 5"},
        MalformedFile{"YelpEmpty", yelp(""), "train.csv: is empty, expected rows of label,text"},
        MalformedFile{"YelpWithHeader", yelp("label,text\n5,a\n"),
                      "train.csv:1: label 'label' is none of 1, 2, 3, 4, 5"},
        MalformedFile{"YelpCountedFromZero", yelp("5,a\n0,b\n"),
                      "train.csv:2: label '0' is none of 1, 2, 3, 4, 5"},
        MalformedFile{"YelpUnquotedComma", yelp("5,a, b\n"),
                      "train.csv:1: found 3 columns, expected 2: 'label', 'text'"},
        MalformedFile{"DocumentsEmpty", news("\n"), "train.jsonl: is empty, expected JSON lines"},
        MalformedFile{"DocumentsWithoutLabel", news("{\"text\":\"a\"}\n"),
                      "train.jsonl:1: no key 'label'; keys found: 'text'"},
        MalformedFile{"DocumentsOfOtherTask", news("{\"text\":\"a\",\"label\":7}\n"),
                      "train.jsonl:1: label '7' is none of neg (0), pos (1)"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Squad, MalformedData,
    testing::Values(
        MalformedFile{"Empty", squad(""), "t.json:1: not valid JSON"},
        MalformedFile{"CutShort", squad("{\"data\":\n[{"), "t.json:2: not valid JSON"},
        MalformedFile{"Utf16", squad("\xFF\xFEt"), "t.json: is UTF-16 text, expected UTF-8"},
        MalformedFile{"NotUtf8", squad("{\"data\":\"\xFF\"}"), "t.json:1: not valid UTF-8"},
        MalformedFile{"AnArray", squad("[]"), "t.json: the file is an array, expected an object"},
        MalformedFile{"NoData", squad("{}"), "t.json: the file has no key 'data'"},
        MalformedFile{"DataIsAString", squad(R"({"data":"x"})"),
                      "t.json: the file has \"x\" as 'data', expected an array"},
        MalformedFile{"NoArticles", squad(R"({"data":[]})"), "t.json: the file has no questions"},
        MalformedFile{"ArticleIsNull", squad(R"({"data":[null]})"),
                      "t.json: data[0] is null, expected an object"},
        MalformedFile{"NoParagraphs", squad(R"({"data":[{"title":"T"}]})"),
                      "t.json: data[0] has no key 'paragraphs'"},
        MalformedFile{"NoContext", squad(R"({"data":[{"paragraphs":[{"qas":[]}]}]})"),
                      "t.json: data[0].paragraphs[0] has no key 'context'"},
        MalformedFile{"EmptyContext", squad(R"({"data":[{"paragraphs":[{"context":" \u00a0","qas":[]}]}]})"),
                      "t.json: data[0].paragraphs[0] has an empty 'context'"},
        MalformedFile{"NoId", squad_questions(R"({"question":"q"})"),
                      "t.json: data[0].paragraphs[0].qas[0] has no key 'id'"},
        MalformedFile{"IdIsANumber", squad_questions(R"({"id":7,"question":"q"})"),
                      "t.json: data[0].paragraphs[0].qas[0] has 7 as 'id', expected a string"},
        MalformedFile{"IdTwice",
                      squad_questions(R"({"id":"a","question":"q","answers":[]},{"id":"a","question":"r"})"),
                      "t.json: data[0].paragraphs[0].qas[1] has the id 'a' of an earlier question"},
        MalformedFile{"NoQuestion", squad_questions(R"({"id":"a"})"),
                      "t.json: question 'a' has no key 'question'"},
        MalformedFile{
            "AnswersForSomeOnly",
            squad_questions(R"({"id":"a","question":"q","is_impossible":true},{"id":"b","question":"r"})"),
            "t.json: question 'b' has no key 'answers', but earlier questions have"},
        MalformedFile{"AnswersForLaterOnesOnly",
                      squad_questions(R"({"id":"a","question":"q"},{"id":"b","question":"r","answers":[]})"),
                      "t.json: question 'b' has answers, but earlier questions have none given"},
        MalformedFile{"ImpossibleWithAnswer",
                      squad_questions(R"({"id":"a","question":"q","is_impossible":true,)"
                                      R"("answers":[{"text":"old","answer_start":4}]})"),
                      "t.json: question 'a' is marked impossible, but has answers"},
        MalformedFile{"PossibleWithoutAnswer",
                      squad_questions(R"({"id":"a","question":"q","is_impossible":false,"answers":[]})"),
                      "t.json: question 'a' is not marked impossible, but has no answers"},
        MalformedFile{"ImpossibleIsANumber",
                      squad_questions(R"({"id":"a","question":"q","is_impossible":1,"answers":[]})"),
                      "t.json: question 'a' has 1 as 'is_impossible', expected true or false"},
        MalformedFile{"AnswerIsAString", squad_answer(R"("old")"),
                      "t.json: an answer of question 'a' is \"old\", expected an object"},
        MalformedFile{"AnswerWithoutStart", squad_answer(R"({"text":"old"})"),
                      "t.json: an answer of question 'a' has no key 'answer_start'"},
        MalformedFile{"EmptyAnswer", squad_answer(R"({"text":"","answer_start":0})"),
                      "t.json: an answer of question 'a' has an empty 'text'"},
        MalformedFile{"StartIsAFraction", squad_answer(R"({"text":"old","answer_start":4.0})"),
                      "t.json: an answer of question 'a' has 4.0 as 'answer_start', expected a whole number"},
        MalformedFile{"AnswerElsewhere", squad_answer(R"({"text":"old","answer_start":3})"),
                      "t.json: question 'a' has the answer 'old' at character 3 of its context, where ' old "
                      "bridge' stands; it stands at character 4"},
        MalformedFile{"AnswerNowhere", squad_answer(R"({"text":"Old","answer_start":4})"),
                      "t.json: question 'a' has the answer 'Old' at character 4 of its context, where 'old "
                      "bridge' stands; it stands nowhere in it"},
        MalformedFile{"AnswerBeyondTheEnd", squad_answer(R"({"text":"old","answer_start":14})"),
                      "t.json: question 'a' has the answer 'old' at character 14 of its context, where the "
                      "context has ended; it stands at character 4"},
        MalformedFile{"NegativeStart", squad_answer(R"({"text":"old","answer_start":-4})"),
                      "t.json: question 'a' has the answer 'old' at character -4 of its context, where the "
                      "context has ended; it stands at character 4"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(UnknownExtension, IsAUsageError) {
  try {
    table("t.xlsx", "text,label\n")();
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "t.xlsx: unknown extension '.xlsx', expected .csv, .tsv, .jsonl or .json");
  }
}

TEST(MissingFile, NamesAllThatWasTried) {
  const test::TemporaryDirectory directory;
  const std::string root = directory.path().string();
  try {
    load_task(find_task("sst2"), directory.path(), Split::train);
    FAIL() << "no error";
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(), root + "/train.tsv: no such file; also tried " + root + "/SST-2/train.tsv, " +
                                root + "/glue/SST-2/train.tsv");
  }
  try {
    load_task(find_task("yelp"), directory / "none", Split::train);
    FAIL() << "no error";
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(), root + "/none: no such directory");
  }
}

TEST(LongValues, AreCutInMessagesAtACharactersEnd) {
  std::string label;
  for (int i = 0; i < 50; ++i) label += "x\xC3\xA9";
  try {
    table("t.csv", "text,label\na," + label + "\n", with_labels({"no", "yes"}))();
    FAIL() << "no error";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.what(), "t.csv:2: label '" + label.substr(0, 79) + "...' is none of no (0), yes (1)");
  }
}

}  // namespace
}  // namespace transkimmer
