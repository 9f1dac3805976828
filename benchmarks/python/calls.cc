// calls MODEL TEXTS THREADS BATCH: what a call of Classifier::classify with so many texts takes, for
// overhead.py. Prints the seconds of a call, the mean over all calls of a round, one line a round: it runs
// one for each line that it reads, so that others can take turns.
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "transkimmer/classifier.h"

namespace {

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// Mean seconds of a call over all texts, `batch` at a time.
double seconds_of_a_call(const transkimmer::Classifier& classifier, const std::vector<std::string>& texts,
                         std::size_t batch) {
  const auto began = std::chrono::steady_clock::now();
  std::size_t calls = 0;
  for (std::size_t begin = 0; begin + batch <= texts.size(); begin += batch, ++calls) {
    std::vector<transkimmer::TextInput> inputs;
    for (std::size_t i = begin; i < begin + batch; ++i) inputs.push_back({texts[i]});
    classifier.classify(inputs);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  return taken.count() / static_cast<double>(calls);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: calls MODEL TEXTS THREADS BATCH\n";
    return 2;
  }
  const auto classifier = transkimmer::Classifier::load(argv[1], {.threads = std::stoi(argv[3])});
  const std::vector<std::string> texts = lines_of(argv[2]);
  const std::size_t batch = std::stoul(argv[4]);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << seconds_of_a_call(classifier, texts, batch) << std::endl;
}
