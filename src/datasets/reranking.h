#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"

namespace transkimmer {

/// A query, documents that answer it and documents that do not, as sentence-transformers'
/// CrossEncoderRerankingEvaluator takes them.
struct RankedQuery {
  std::string query;
  std::vector<std::string> positive, negative;
};

/// Reads JSON lines {"query": ..., "positive": [...], "negative": [...]}; in place of "negative" there may be
/// "documents", of which those that are not positive are negative; "positive" may be one text. Throws
/// FormatError naming line and key: of another type, missing, both of the two, or no document at all.
std::vector<RankedQuery> parse_ranked_queries(std::string_view text, const std::string& origin);
/// The same of a file. Throws IoError, too.
std::vector<RankedQuery> load_ranked_queries(const std::filesystem::path& file);

/// Each query with each of its documents, positive ones first and labelled 1, the others 0. `queries` of the
/// result says which belong together.
Dataset pairs_of(const std::vector<RankedQuery>& queries, const std::string& origin);

}  // namespace transkimmer
