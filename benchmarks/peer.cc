#include "peer.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include "base/files/file.h"
#include "transkimmer/error.h"

namespace transkimmer {

std::size_t Problem::end(std::size_t batch_index) const {
  return std::min(sequences.size(), begin(batch_index) + batch);
}

Problem load_problem(const std::filesystem::path& file) {
  const auto json = nlohmann::json::parse(read_file(file), nullptr, false);
  try {
    Problem problem;
    problem.sequences = json.at("sequences").get<std::vector<std::vector<std::int32_t>>>();
    problem.batch = json.at("batch").get<std::size_t>();
    if (json.contains("texts")) problem.texts = json["texts"].get<std::vector<std::string>>();
    return problem;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(file.string() + ": " + error.what());
  }
}

namespace {

nlohmann::ordered_json timed_pass(const Peer& peer, std::vector<float>& logits) {
  const auto start = std::chrono::steady_clock::now();
  logits = peer.pass();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {{"seconds", elapsed.count()}};
}

}  // namespace

std::vector<float> in_batches(const Problem& problem,
                              const std::function<std::vector<float>(std::size_t batch)>& run) {
  std::vector<float> logits;
  for (std::size_t i = 0; i < problem.batches(); ++i) {
    const std::vector<float> some = run(i);
    logits.insert(logits.end(), some.begin(), some.end());
  }
  return logits;
}

void serve(const Peer& peer) {
  std::cout << peer.description.dump() << std::endl;
  std::vector<float> logits;
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::ordered_json answer;
    if (line == "pass") {
      answer = timed_pass(peer, logits);
    } else if (line == "outcome") {
      answer = peer.account();
      answer["logits"] = logits;
    } else {
      throw FormatError("standard input: expected pass or outcome, found " + line);
    }
    std::cout << answer.dump() << std::endl;
  }
}

}  // namespace transkimmer
