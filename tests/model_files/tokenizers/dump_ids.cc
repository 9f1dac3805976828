// Says what our tokenizers make of texts, for comparison with other implementations (differential.py). Each
// line of standard input is a job, each line of standard output its result, both JSON:
//
//   {"directory": D, "requests": [{"texts": [T] or [T, T], "max_length": N, "truncation": NAME}, ...]}
//     -> {"tokens": [by id], "max_length": N or null, "encodings": [{"ids", "type_ids", "offsets",
//     "sequences"} or {"error"}, ...]}
//     -> {"refused": MESSAGE} for a directory that cannot be loaded
//   {"normalizer": {options of BertNormalizer}, "texts": [T, ...]} -> {"texts": [normalised, ...]}
//   {"words": "bert" or "gpt2", "texts": [T, ...]} -> {"words": [[[begin, end], ...], ...]}
//   {"steps": {"normalizer": N, "pre_tokenizer": P}, "texts": [T, ...]} -> {"words": [[spelling, ...], ...]}
//
// A text T is a string, or an array of bytes where it is no UTF-8. Offsets count bytes. Without max_length
// nothing is cut. With "special_tokens": false a request has one text, and none are added.

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/tokenizers/tokenizer_json/component.h"
#include "model_files/tokenizers/tokenizer_json/normalizers.h"
#include "model_files/tokenizers/tokenizer_json/pre_tokenizers.h"
#include "text/byte_level_bpe/gpt2_words.h"
#include "text/wordpiece/bert_normalizer.h"
#include "text/wordpiece/bert_words.h"
#include "transkimmer/error.h"

namespace {

using nlohmann::json;
using namespace transkimmer;

const std::map<std::string, Truncation> kTruncations = {{"longest_first", Truncation::longest_first},
                                                        {"only_first", Truncation::only_first},
                                                        {"only_second", Truncation::only_second}};

std::string bytes_of(const json& text) {
  if (text.is_string()) return text.get<std::string>();
  const auto bytes = text.get<std::vector<unsigned char>>();
  return {bytes.begin(), bytes.end()};
}

json as_json(const Encoding& encoding) {
  json offsets = json::array();
  for (const ByteRange& range : encoding.offsets) offsets.push_back({range.begin, range.end});
  json sequences = json::array();
  for (const Segment segment : encoding.segments)
    sequences.push_back(segment == Segment::special ? json() : json(segment == Segment::second ? 1 : 0));
  return {{"ids", encoding.ids},
          {"type_ids", encoding.type_ids},
          {"offsets", std::move(offsets)},
          {"sequences", std::move(sequences)}};
}

json pieces_as_json(const std::vector<Piece>& pieces) {
  Encoding encoding;
  for (const Piece& piece : pieces) {
    encoding.ids.push_back(piece.id);
    encoding.offsets.push_back(piece.offset);
  }
  return as_json(encoding);
}

json encoded(const Tokenizer& tokenizer, const json& request) {
  EncodeOptions options = {.truncation = Truncation::none};
  if (request.contains("max_length")) {
    options.max_length = request["max_length"].get<std::size_t>();
    options.truncation = kTruncations.at(request.value("truncation", "longest_first"));
  }
  const json& texts = request.at("texts");
  const std::string first = bytes_of(texts.at(0));
  try {
    if (!request.value("special_tokens", true)) return pieces_as_json(tokenizer.pieces(first));
    if (texts.size() == 1) return as_json(tokenizer.encode(first, options));
    return as_json(tokenizer.encode_pair(first, bytes_of(texts.at(1)), options));
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

json run_directory(const json& job) {
  ModelConfig config;
  config.vocab_size = 1 << 30;
  const std::filesystem::path directory = job["directory"].get<std::string>();
  const bool is_roberta = std::filesystem::exists(directory / "vocab.json");
  config.model_type = is_roberta ? "roberta" : "bert";
  std::unique_ptr<const Tokenizer> tokenizer;
  try {
    tokenizer = load_tokenizer(directory, config);
  } catch (const Error& error) {
    return {{"refused", error.what()}};
  }
  json result = {{"tokens", json::array()}, {"max_length", nullptr}, {"encodings", json::array()}};
  if (const std::size_t longest = tokenizer->input_rules().max_length; longest != SIZE_MAX)
    result["max_length"] = longest;
  for (std::size_t id = 0; id < tokenizer->vocabulary_size(); ++id)
    result["tokens"].push_back(tokenizer->token(static_cast<std::int32_t>(id)));
  for (const json& request : job.at("requests")) result["encodings"].push_back(encoded(*tokenizer, request));
  return result;
}

json run_normalizer(const json& job) {
  const json& chosen = job["normalizer"];
  const BertNormalizer normalizer({.clean_text = chosen.at("clean_text"),
                                   .handle_chinese_chars = chosen.at("handle_chinese_chars"),
                                   .strip_accents = chosen.at("strip_accents"),
                                   .lowercase = chosen.at("lowercase")});
  json texts = json::array();
  NormalizedText normalized;
  for (const json& text : job.at("texts")) {
    normalizer.normalize(bytes_of(text), 0, normalized);
    texts.push_back(normalized.text());
  }
  return {{"texts", std::move(texts)}};
}

json run_words(const json& job) {
  json words = json::array();
  for (const json& item : job.at("texts")) {
    const std::string text = bytes_of(item);
    json& found = words.emplace_back(json::array());
    if (job["words"] == "bert") {
      for_each_bert_word(text, 0, text.size(), [&](std::size_t begin, std::size_t end) {
        found.push_back({begin, end});
      });
    } else {
      for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
        end = gpt2_word_end(text, at);
        found.push_back({at, end});
      }
    }
  }
  return {{"words", std::move(words)}};
}

json run_steps(const json& job) {
  const std::string origin = "steps";
  const Normalizers normalizers =
      read_normalizers(components(job["steps"], "normalizer", "normalizers", origin));
  const std::vector<WordSplitter> splitters =
      read_pre_tokenizers(components(job["steps"], "pre_tokenizer", "pretokenizers", origin));
  json all = json::array();
  AlignedText text;
  AlignedText spare;
  WordList words;
  for (const json& item : job.at("texts")) {
    text.assign(bytes_of(item), 0);
    for (const auto& step : normalizers) step->apply(text, spare);
    words.assign(text, 0, text.text.size());
    for (const WordSplitter& splitter : splitters) splitter.split(words);
    json& spellings = all.emplace_back(json::array());
    for (const WordList::Word word : words.words()) spellings.push_back(words.spelling(word));
  }
  return {{"words", std::move(all)}};
}

json run(const json& job) {
  if (job.contains("steps")) return run_steps(job);
  if (job.contains("normalizer")) return run_normalizer(job);
  return job.contains("words") ? run_words(job) : run_directory(job);
}

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);)
      std::cout << run(json::parse(line)).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "dump_ids: " << error.what() << '\n';
    return 1;
  }
}
