#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/notice.h"

namespace transkimmer {

/// One labelled text or pair of texts, UTF-8 as found in the file.
struct Example {
  std::string text;
  std::optional<std::string> text_pair;
  /// Class index, or the score of a regression task; NaN when the split has no labels.
  /// Of a set of labels: how many there are in it.
  double label = std::numeric_limits<double>::quiet_NaN();
  /// Of a multi-label task: 1 for each label of the set, else 0. [labels]; empty for other tasks.
  std::vector<std::uint8_t> marks = {};
};

/// Texts or pairs, each with a label where they have them.
struct Dataset {
  std::vector<Example> examples;
  std::vector<std::string> labels;  ///< class names by index; empty for regression
  bool labelled = true;
  /// Of rankings: query q is examples [queries[q], queries[q + 1]); else empty.
  std::vector<std::size_t> queries = {};
  std::string origin;  ///< the file or directory it came from, for messages
  /// Rows passed over for a known defect of the official file (QQP), counted from 0 behind its header.
  std::vector<std::size_t> skipped_rows = {};
};

/// A notice of how many rows were passed over, if any.
inline void tell_about_skipped_rows(const Dataset& dataset, const NoticeHandler& notices) {
  if (!dataset.skipped_rows.empty())
    notify(notices, dataset.origin + ": passed over " + std::to_string(dataset.skipped_rows.size()) +
                        " rows that a lost tab has cut short");
}

}  // namespace transkimmer
