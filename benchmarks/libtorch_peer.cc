// Plain libtorch, dense and padded to the longest of each batch, as one who takes part in benchmarks/compare.

#include <algorithm>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "peer.h"
#include "plain_libtorch.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::vector<float> run(const PlainBert& model, const Problem& problem, std::size_t batch) {
  std::size_t longest = 0;
  for (std::size_t i = problem.begin(batch); i < problem.end(batch); ++i)
    longest = std::max(longest, problem.sequences[i].size());
  const auto rows = static_cast<std::int64_t>(problem.end(batch) - problem.begin(batch));
  const auto columns = static_cast<std::int64_t>(longest);
  const Tensor ids = torch::zeros({rows, columns}, torch::kLong), types = torch::zeros_like(ids);
  const Tensor mask = torch::zeros({rows, columns}, torch::kFloat);
  for (std::size_t i = problem.begin(batch); i < problem.end(batch); ++i) {
    const auto& sequence = problem.sequences[i];
    const std::size_t at = (i - problem.begin(batch)) * longest;
    std::copy(sequence.begin(), sequence.end(), ids.data_ptr<std::int64_t>() + at);
    std::fill_n(mask.data_ptr<float>() + at, sequence.size(), 1.0F);
  }
  const Tensor logits = model.forward(ids, types, mask).contiguous();
  return {logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()};
}

void serve_model(const std::string& directory, const std::string& problem_file, int threads) {
  torch::set_num_threads(threads);
  const Problem problem = load_problem(problem_file);
  ModelConfig config = ModelConfig::load(directory);
  const PlainBert model(config, ModelWeights::load(directory, config, {.predictors = false, .head = true}));
  Peer peer;
  peer.description = {{"name", "libtorch"}, {"version", TORCH_VERSION}};
  peer.pass = [&] {
    return in_batches(problem, [&](std::size_t batch) { return run(model, problem, batch); });
  };
  serve(peer);
}

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  std::string model, problem;
  int threads = 2;
  CLI::App app("Runs a problem's batches each time a line \"pass\" comes.");
  app.add_option("--model", model)->required();
  app.add_option("--problem", problem, "File of token ids")->required();
  app.add_option("--threads", threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    transkimmer::serve_model(model, problem, threads);
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
