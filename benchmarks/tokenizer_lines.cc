// Seconds of the processor that a tokenizer takes for the lines of a file, one line of output for each line
// of input: what compare-tokenizers asks, in turns with another tokenizer.
//
//   tokenizer_lines MODEL_DIRECTORY FILE
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "model_files/tokenizers/tokenizer_files.h"

namespace {

using namespace transkimmer;

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void run(const char* directory, const char* path) {
  ModelConfig config;
  config.vocab_size = 1 << 30;
  const auto tokenizer = load_tokenizer(directory, config);
  const std::vector<std::string> lines = lines_of(path);
  for (std::string line; std::getline(std::cin, line);) {
    std::size_t tokens = 0;
    const std::clock_t begin = std::clock();
    for (const std::string& text : lines)
      tokens += tokenizer->encode(text, {.truncation = Truncation::none}).ids.size();
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::cout << seconds << ' ' << tokens << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tokenizer_lines MODEL_DIRECTORY FILE\n";
    return 2;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "tokenizer_lines: " << error.what() << '\n';
    return 1;
  }
}
