// Prints what a tokenizer makes of each line of standard input, as JSON lines, for comparison with other
// implementations:
//
//   dump_ids MODEL_DIRECTORY [--max-length N] [--truncation none|longest_first|only_first|only_second] <
//   lines
//
// A line is a JSON string (one text) or an array of two (a pair).
// Output: {"ids": [...], "type_ids": [...], "offsets": [[begin, end], ...]} with
// byte offsets, or {"error": "..."}.

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "model_files/tokenizer_files.h"
#include "transkimmer/error.h"

namespace {

using nlohmann::json;
using namespace transkimmer;

const std::map<std::string, Truncation> kTruncations = {{"none", Truncation::none},
                                                        {"longest_first", Truncation::longest_first},
                                                        {"only_first", Truncation::only_first},
                                                        {"only_second", Truncation::only_second}};

json as_json(const Encoding& encoding) {
  json offsets = json::array();
  for (const ByteRange& range : encoding.offsets) offsets.push_back({range.begin, range.end});
  return {{"ids", encoding.ids}, {"type_ids", encoding.type_ids}, {"offsets", std::move(offsets)}};
}

json encoded(const Tokenizer& tokenizer, const json& line, const EncodeOptions& options) {
  try {
    if (line.is_string()) return as_json(tokenizer.encode(line.get<std::string>(), options));
    return as_json(
        tokenizer.encode_pair(line.at(0).get<std::string>(), line.at(1).get<std::string>(), options));
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: dump_ids MODEL_DIRECTORY [--max-length N] [--truncation NAME] < JSON lines\n";
    return 2;
  }
  EncodeOptions options = {.max_length = 512, .truncation = Truncation::none};
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--max-length") options.max_length = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--truncation") options.truncation = kTruncations.at(argv[i + 1]);
  }
  try {
    ModelConfig config;
    config.vocab_size = 1 << 30;
    const std::filesystem::path directory = argv[1];
    const bool is_bert = std::filesystem::exists(directory / "vocab.txt");
    config.architecture = is_bert ? Architecture::bert : Architecture::roberta;
    const auto tokenizer = load_tokenizer(directory, config);
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << encoded(*tokenizer, json::parse(line), options).dump() << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << "dump_ids: " << error.what() << '\n';
    return 1;
  }
}
