#include "metrics/entity_scores.h"

#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/strings/utf8.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::string_view kNoType = "_";

/// A tag in its parts: its first character, and its type.
struct Tag {
  std::string_view kind;
  std::string_view type;
};

Tag parse(std::string_view tag) {
  if (tag.empty()) throw UsageError("a tag is empty");
  const std::size_t first = decode_utf8(tag, 0).length;
  std::string_view type = tag.substr(first);
  if (const std::size_t dash = type.find('-'); dash != type.npos) type.remove_prefix(dash + 1);
  return {tag.substr(0, first), type.empty() ? kNoType : type};
}

bool is_outside(const Tag& tag) {
  return tag.kind == "O" || tag.kind == ".";
}

bool ends_between(const Tag& before, const Tag& after) {
  if (before.kind == "E" || before.kind == "S") return true;
  const bool inside = before.kind == "B" || before.kind == "I";
  if (inside && (after.kind == "B" || after.kind == "S" || after.kind == "O")) return true;
  return !is_outside(before) && before.type != after.type;
}

bool begins_between(const Tag& before, const Tag& after) {
  if (after.kind == "B" || after.kind == "S") return true;
  const bool goes_on = after.kind == "E" || after.kind == "I";
  if (goes_on && (before.kind == "E" || before.kind == "S" || before.kind == "O")) return true;
  return !is_outside(after) && before.type != after.type;
}

/// Reads tags one by one.
class SpanReader {
 public:
  void read(std::string_view spelled) {
    const Tag tag = parse(spelled);
    if (ends_between(before_, tag)) spans_.push_back({std::string(before_.type), begin_, place_ - 1});
    if (begins_between(before_, tag)) begin_ = place_;
    before_ = tag;
    ++place_;
  }
  std::vector<TagSpan> take() { return std::move(spans_); }

 private:
  Tag before_ = {"O", ""};
  std::size_t place_ = 0, begin_ = 0;
  std::vector<TagSpan> spans_;
};

struct Counts {
  std::size_t correct = 0, predicted = 0, labelled = 0;
};

double quotient(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

EntityShares shares_of(const Counts& counts) {
  EntityShares shares;
  const auto correct = static_cast<double>(counts.correct);
  shares.precision = quotient(correct, static_cast<double>(counts.predicted));
  shares.recall = quotient(correct, static_cast<double>(counts.labelled));
  shares.f1 = quotient(2 * shares.precision * shares.recall, shares.precision + shares.recall);
  shares.number = counts.labelled;
  return shares;
}

double accuracy_of(std::span<const TagSequence> labelled, std::span<const TagSequence> predicted) {
  std::size_t all = 0, same = 0;
  for (std::size_t s = 0; s < labelled.size(); ++s) {
    if (labelled[s].size() != predicted[s].size())
      throw UsageError(fmt::format("sentence {} has {} tags, but {} are predicted", s + 1, labelled[s].size(),
                                   predicted[s].size()));
    all += labelled[s].size();
    for (std::size_t w = 0; w < labelled[s].size(); ++w) same += labelled[s][w] == predicted[s][w] ? 1U : 0U;
  }
  if (all == 0) throw UsageError("there are no tags to score");
  return static_cast<double>(same) / static_cast<double>(all);
}

}  // namespace

std::vector<TagSpan> tag_spans(std::span<const TagSequence> sentences) {
  SpanReader reader;
  for (const TagSequence& sentence : sentences) {
    for (const std::string_view tag : sentence) reader.read(tag);
    reader.read("O");
  }
  return reader.take();
}

EntityScores entity_scores(std::span<const TagSequence> labelled, std::span<const TagSequence> predicted) {
  if (labelled.size() != predicted.size())
    throw UsageError(fmt::format("{} sentences have tags, but those of {} are predicted", labelled.size(),
                                 predicted.size()));
  EntityScores scores;
  scores.accuracy = accuracy_of(labelled, predicted);
  const auto as_set = [](std::vector<TagSpan> spans) {
    return std::set<TagSpan>(std::make_move_iterator(spans.begin()), std::make_move_iterator(spans.end()));
  };
  const std::set<TagSpan> gold = as_set(tag_spans(labelled)), found = as_set(tag_spans(predicted));
  std::map<std::string, Counts> by_type;
  for (const TagSpan& span : gold) ++by_type[span.type].labelled;
  for (const TagSpan& span : found) {
    ++by_type[span.type].predicted;
    if (gold.contains(span)) ++by_type[span.type].correct;
  }
  Counts all;
  for (const auto& [type, counts] : by_type) {
    scores.by_type.emplace(type, shares_of(counts));
    all.correct += counts.correct;
    all.predicted += counts.predicted;
    all.labelled += counts.labelled;
  }
  scores.overall = shares_of(all);
  return scores;
}

std::map<std::string, double> EntityScores::named() const {
  return {{"accuracy", accuracy},
          {"f1", overall.f1},
          {"precision", overall.precision},
          {"recall", overall.recall}};
}

}  // namespace transkimmer
