// Bytes of text per second and core. Uses the vocabularies in the test data, or those of a model directory
// named by TRANSKIMMER_BERT_TOKENIZER / TRANSKIMMER_ROBERTA_TOKENIZER / TRANSKIMMER_UNIGRAM_TOKENIZER.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "model_files/tokenizers/tokenizer_files.h"

namespace transkimmer {
namespace {

std::string text_of(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

constexpr std::string_view kEnglish =
    "The second film, shot in 1999 by the same crew, doesn't reach what made its predecessor memorable: a "
    "story that "
    "surprises, actors who listen to one another, and an ending nobody had foreseen. Reviewers (including "
    "this one) "
    "were unimpressed; audiences, however, kept queueing for weeks. ";
constexpr std::string_view kMixed =
    "Das Café in der Straße gegenüber hat naïve Gäste. Привет, мир! 日本語の文章 and plain words – “quoted” "
    "ones too 😀. ";

void tokenize(benchmark::State& state, const char* variable, const char* fixture, std::string_view unit) {
  const char* named = std::getenv(variable);
  const std::filesystem::path directory =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(TRANSKIMMER_TEST_DATA) / "tokenizer" / fixture;
  ModelConfig config;
  config.vocab_size = 1 << 20;
  const auto tokenizer = load_tokenizer(directory, config);
  const std::string text = text_of(unit, 4096);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->pieces(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

BENCHMARK_CAPTURE(tokenize, wordpiece_english, "TRANSKIMMER_BERT_TOKENIZER", "wordpiece", kEnglish);
BENCHMARK_CAPTURE(tokenize, wordpiece_mixed, "TRANSKIMMER_BERT_TOKENIZER", "wordpiece", kMixed);
BENCHMARK_CAPTURE(tokenize, byte_level_bpe_english, "TRANSKIMMER_ROBERTA_TOKENIZER", "byte-level-bpe",
                  kEnglish);
BENCHMARK_CAPTURE(tokenize, byte_level_bpe_mixed, "TRANSKIMMER_ROBERTA_TOKENIZER", "byte-level-bpe", kMixed);
BENCHMARK_CAPTURE(tokenize, unigram_english, "TRANSKIMMER_UNIGRAM_TOKENIZER", "unigram", kEnglish);
BENCHMARK_CAPTURE(tokenize, unigram_mixed, "TRANSKIMMER_UNIGRAM_TOKENIZER", "unigram", kMixed);

}  // namespace
}  // namespace transkimmer

BENCHMARK_MAIN();
