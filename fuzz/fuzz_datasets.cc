// The data readers: the first byte chooses the format, the rest is the file. Any FormatError is a right
// answer; a crash, a sanitizer's finding, any other exception or a data set that breaks its own promises is
// not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "datasets/documents.h"
#include "datasets/glue.h"
#include "datasets/reranking.h"
#include "datasets/squad.h"
#include "datasets/tables.h"
#include "datasets/tasks.h"
#include "transkimmer/error.h"

namespace {

using namespace transkimmer;

// First bytes beyond those of tables and tasks.
constexpr unsigned kQueries = 192, kSets = 224;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Dataset& dataset, bool classification) {
  require(!dataset.examples.empty());
  for (const Example& example : dataset.examples) {
    if (!dataset.labelled) {
      require(example.label != example.label);
    } else if (classification) {
      require(example.label >= 0 && example.label < static_cast<double>(dataset.labels.size()));
    } else {
      require(example.label - example.label == 0);
    }
  }
}

void read_table(std::string_view text, unsigned choice) {
  constexpr const char* kNames[] = {"file.csv", "file.tsv", "file.jsonl"};
  TableSource source;
  source.path = kNames[choice % 3];
  source.head = (choice / 3) % 2 == 0 ? HeadKind::classification : HeadKind::regression;
  source.labels_required = (choice / 6) % 2 == 0;
  if ((choice / 12) % 2 == 1) source.text_pair_column = "pair";
  check(parse_table(text, source), source.head == HeadKind::classification);
}

void read_label_sets(std::string_view text, unsigned choice) {
  constexpr const char* kNames[] = {"file.csv", "file.tsv", "file.jsonl"};
  TableSource source;
  source.path = kNames[choice % 3];
  source.head = HeadKind::multi_label;
  source.labels_required = (choice / 3) % 2 == 0;
  if ((choice / 6) % 2 == 1) source.label_columns = {"a", "b"};
  const Dataset dataset = parse_table(text, source);
  check(dataset, false);
  for (const Example& example : dataset.examples)
    require(!dataset.labelled || example.marks.size() == dataset.labels.size());
}

void read_queries(std::string_view text) {
  const std::vector<RankedQuery> queries = parse_ranked_queries(text, "file.jsonl");
  require(!queries.empty());
  const Dataset pairs = pairs_of(queries, "file.jsonl");
  require(pairs.queries.size() == queries.size() + 1 && pairs.queries.back() == pairs.examples.size());
}

void read_questions(std::string_view text) {
  const QaDataset dataset = parse_squad(text, "file.json");
  require(!dataset.examples.empty());
  for (const QaExample& example : dataset.examples) {
    require(example.context < dataset.contexts.size());
    require(dataset.labelled || example.answers.empty());
    for (const QaAnswer& answer : example.answers)
      require(dataset.context_of(example).compare(answer.begin, answer.text.size(), answer.text) == 0);
  }
}

void read_task(std::string_view text, unsigned choice) {
  constexpr Split kSplits[] = {Split::train, Split::dev, Split::test};
  const Split split = kSplits[choice % 3];
  const auto catalogue = task_catalogue();
  const Task& task = catalogue[(choice / 3) % catalogue.size()];
  const bool classification = task.head == HeadKind::classification;
  if (task.head == HeadKind::question_answering) {
    read_questions(text);
  } else if (task.layout == DataLayout::glue) {
    check(parse_glue(task, text, split, "file.tsv"), classification);
  } else if (task.layout == DataLayout::yelp) {
    check(parse_yelp(task, text, "file.csv"), classification);
  } else {
    check(parse_document_lines(task, text, split, "file.jsonl"), classification);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned choice = data[0];
  try {
    if (choice < 24) {
      read_table(text, choice);
    } else if (choice >= kSets) {
      read_label_sets(text, choice - kSets);
    } else if (choice >= kQueries) {
      read_queries(text);
    } else {
      read_task(text, choice - 24);
    }
  } catch (const FormatError&) {
    // Malformed input, refused.
  }
  return 0;
}
