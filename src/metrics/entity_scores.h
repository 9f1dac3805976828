#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

// The scores of the Python package seqeval in its default mode, which are those of conlleval: whatever the
// tags are (IOB1, IOB2, IOBES), an entity is read of them leniently, so that I- without B- begins one.

/// The tags of one sentence in turn.
using TagSequence = std::vector<std::string_view>;

/// An entity among the tags of sentences that stand behind each other with an "O" behind each of them.
struct TagSpan {
  std::string type;  ///< what stands behind the tag's first "-"; "_" of a tag of one character
  std::size_t first = 0;
  std::size_t last = 0;
  auto operator<=>(const TagSpan&) const = default;
};

/// The entities of some sentences, in their order (seqeval's get_entities).
std::vector<TagSpan> tag_spans(std::span<const TagSequence> sentences);

/// How well entities of one kind, or of all, were found.
struct EntityShares {
  double precision = 0;  ///< 0 where nothing is predicted, as the others where there is nothing to divide by
  double recall = 0;
  double f1 = 0;
  std::size_t number = 0;  ///< entities in the labels
};

/// Scores of entities as seqeval has them.
struct EntityScores {
  EntityShares overall;                         ///< over all entities (micro)
  std::map<std::string, EntityShares> by_type;  ///< of every type that is labelled or predicted
  double accuracy = 0;                          ///< of tags

  /// "f1", "precision", "recall" and "accuracy".
  std::map<std::string, double> named() const;
};

/// What `predicted` scores beside `labelled`, [sentences][words] each. Throws UsageError where they differ in
/// lengths or hold no tags, and for an empty tag.
EntityScores entity_scores(std::span<const TagSequence> labelled, std::span<const TagSequence> predicted);

}  // namespace transkimmer
