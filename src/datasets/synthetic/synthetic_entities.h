#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "datasets/tagged_sentences.h"

namespace transkimmer {

/// How many sentences are generated, and from which seed.
struct SyntheticEntityOptions {
  std::uint64_t seed = 0;
  std::size_t examples = 1000;
};

/// Invented sentences of a grammar with persons (PER), places (LOC) and organisations (ORG), tagged as IOB2.
/// Their names share words: "haven" is a surname, the end of a place and the beginning of a company, so that
/// neighbours have to be read. The text is lower case ASCII, and the same for a seed on every machine.
TaggedDataset generate_synthetic_entities(const SyntheticEntityOptions& options);

/// Writes sentences as columns, a word and its tag in each line, a blank line behind each sentence. Throws
/// IoError.
void write_columns(const std::filesystem::path& path, const TaggedDataset& dataset);

}  // namespace transkimmer
