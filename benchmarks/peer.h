#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace transkimmer {

/// What every program that takes part in a comparison is given: token ids, in batches of `batch` sequences in
/// this order; and for a comparison end to end the texts that they come from.
struct Problem {
  std::vector<std::vector<std::int32_t>> sequences;
  std::vector<std::string> texts;
  std::size_t batch = 1;

  std::size_t batches() const { return (sequences.size() + batch - 1) / batch; }
  std::size_t begin(std::size_t batch_index) const { return batch_index * batch; }
  std::size_t end(std::size_t batch_index) const;
};

/// Reads {"sequences", "batch", "texts"}. Throws IoError, FormatError naming the file.
Problem load_problem(const std::filesystem::path& file);

/// One who takes part.
struct Peer {
  nlohmann::ordered_json description;        ///< "name", "version"
  std::function<std::vector<float>()> pass;  ///< logits of all sequences, [sequences, labels]
  std::function<nlohmann::ordered_json()> account = [] { return nlohmann::ordered_json::object(); };
};

/// The logits of all batches, from those of each.
std::vector<float> in_batches(const Problem& problem,
                              const std::function<std::vector<float>(std::size_t batch)>& run);

/// Prints the description, then answers each line of standard input by one line of JSON until it ends:
/// "pass" runs all batches: {"seconds"}; "outcome": {"logits"} of the last pass, with what `account` says.
/// Throws FormatError for another line.
void serve(const Peer& peer);

}  // namespace transkimmer
