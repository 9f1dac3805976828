#include "datasets/tasks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "datasets/documents.h"
#include "datasets/formats/location.h"
#include "datasets/glue.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::array<Split, 3> kSplits = {Split::train, Split::dev, Split::test};

std::vector<std::string> newsgroups() {
  return {"alt.atheism",
          "comp.graphics",
          "comp.os.ms-windows.misc",
          "comp.sys.ibm.pc.hardware",
          "comp.sys.mac.hardware",
          "comp.windows.x",
          "misc.forsale",
          "rec.autos",
          "rec.motorcycles",
          "rec.sport.baseball",
          "rec.sport.hockey",
          "sci.crypt",
          "sci.electronics",
          "sci.med",
          "sci.space",
          "soc.religion.christian",
          "talk.politics.guns",
          "talk.politics.mideast",
          "talk.politics.misc",
          "talk.religion.misc"};
}

Task classification(std::string name, std::vector<std::string> labels, std::vector<Metric> metrics,
                    std::string description) {
  return {.name = std::move(name),
          .head = HeadKind::classification,
          .pair = false,
          .labels = std::move(labels),
          .metrics = std::move(metrics),
          .description = std::move(description)};
}

Task of_pairs(Task task) {
  task.pair = true;
  return task;
}

std::vector<Task> make_catalogue() {
  const std::vector<Metric> accuracy = {Metric::accuracy};
  const std::vector<Metric> accuracy_f1 = {Metric::accuracy, Metric::f1};
  const std::vector<std::string> implied = {"entailment", "not_entailment"};
  Task similarity =
      of_pairs(classification("stsb", {}, {Metric::pearson, Metric::spearman},
                              "GLUE STS-B: similarity of two sentences, 0 to 5 (Pearson, Spearman)"));
  similarity.head = HeadKind::regression;
  Task questions = of_pairs(
      classification("squad_v2", {}, {Metric::f1, Metric::exact},
                     "SQuAD v2: which words of a text answer a question, if any? (F1, exact match)"));
  questions.head = HeadKind::question_answering;
  return {
      classification("cola", {"unacceptable", "acceptable"}, {Metric::matthews},
                     "GLUE CoLA: is the sentence grammatical? (Matthews correlation)"),
      of_pairs(classification("mnli", {"entailment", "neutral", "contradiction"}, accuracy,
                              "GLUE MNLI, matched: does the premise imply the hypothesis? (accuracy)")),
      of_pairs(classification("mrpc", {"not_equivalent", "equivalent"}, accuracy_f1,
                              "GLUE MRPC: do two sentences say the same? (accuracy, F1)")),
      of_pairs(classification("qnli", implied, accuracy,
                              "GLUE QNLI: does the sentence answer the question? (accuracy)")),
      of_pairs(classification("qqp", {"not_duplicate", "duplicate"}, accuracy_f1,
                              "GLUE QQP: do two questions ask the same? (accuracy, F1)")),
      of_pairs(classification("rte", implied, accuracy,
                              "GLUE RTE: does the first text imply the second? (accuracy)")),
      classification("sst2", {"negative", "positive"}, accuracy,
                     "GLUE SST-2: sentiment of a sentence from a film review (accuracy)"),
      std::move(similarity),
      of_pairs(classification("wnli", {"not_entailment", "entailment"}, accuracy,
                              "GLUE WNLI: is the pronoun resolved correctly? (accuracy)")),
      classification("imdb", {"neg", "pos"}, accuracy, "IMDB: sentiment of a film review (accuracy)"),
      std::move(questions),
      classification("20news", newsgroups(), accuracy, "20 Newsgroups: topic of a message (accuracy)"),
      classification("yelp", {"1", "2", "3", "4", "5"}, accuracy,
                     "Yelp: stars of a review, 1 to 5 (accuracy)"),
  };
}

}  // namespace

std::string_view name_of(Split split) {
  switch (split) {
    case Split::train:
      return "train";
    case Split::dev:
      return "dev";
    case Split::test:
      return "test";
  }
  throw UsageError("split out of range");
}

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::accuracy:
      return "accuracy";
    case Metric::f1:
      return "f1";
    case Metric::f1_micro:
      return "f1_micro";
    case Metric::f1_macro:
      return "f1_macro";
    case Metric::matthews:
      return "matthews_correlation";
    case Metric::pearson:
      return "pearson";
    case Metric::spearman:
      return "spearmanr";
    case Metric::exact:
      return "exact";
    case Metric::mrr_at_10:
      return "mrr@10";
    case Metric::ndcg_at_10:
      return "ndcg@10";
    case Metric::average_precision:
      return "map";
  }
  throw UsageError("metric out of range");
}

std::vector<Metric> usual_metrics(HeadKind head) {
  switch (head) {
    case HeadKind::multi_label:
      return {Metric::f1_micro, Metric::f1_macro, Metric::accuracy};
    case HeadKind::regression:
      return {Metric::pearson, Metric::spearman};
    case HeadKind::embedding:  // vectors are for ranking
      return {Metric::spearman, Metric::pearson};
    case HeadKind::reranking:
      return {Metric::ndcg_at_10, Metric::mrr_at_10, Metric::average_precision};
    case HeadKind::question_answering:
      return {Metric::f1, Metric::exact};
    default:
      return {Metric::accuracy};
  }
}

Split split_from_name(std::string_view name) {
  const auto* const found =
      std::find_if(kSplits.begin(), kSplits.end(), [&](Split split) { return name_of(split) == name; });
  if (found != kSplits.end()) return *found;
  throw UsageError(fmt::format("unknown split {}, expected train, dev or test", in_quotes(name)));
}

std::span<const Task> task_catalogue() {
  static const std::vector<Task> catalogue = make_catalogue();
  return catalogue;
}

const Task& find_task(std::string_view name) {
  std::string names;
  for (const Task& task : task_catalogue()) {
    if (task.name == name) return task;
    names += (names.empty() ? "" : ", ") + task.name;
  }
  throw UsageError(fmt::format("unknown task {}, expected one of {}", in_quotes(name), names));
}

Dataset load_task(const Task& task, const std::filesystem::path& directory, Split split) {
  if (is_glue_task(task)) {
    const auto path = find_glue_file(task, directory, split);
    return parse_glue(task, read_file(path), split, path.string());
  }
  if (task.name == "imdb") return load_imdb(task, directory, split);
  if (task.name == "20news") return load_20news(task, directory, split);
  if (task.name == "yelp") return load_yelp(task, directory, split);
  if (task.head == HeadKind::question_answering)
    throw UsageError(fmt::format("{} is a question answering task, not one of texts with labels", task.name));
  throw UsageError(fmt::format("task {} has no reader", in_quotes(task.name)));
}

}  // namespace transkimmer
