#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "datasets/text_corpus.h"
#include "model_files/tokenizers/vocabulary/wordpiece_files.h"
#include "text/vocabulary.h"
#include "text/wordpiece/word_counts.h"
#include "text/wordpiece/wordpiece.h"
#include "text/wordpiece/wordpiece_trainer.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct BuildVocabularyOptions {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output_dir;
  BertNormalizerOptions normalizer;
  WordPieceTrainingOptions training;
  bool json = false;
};

/// What was read, and how the vocabulary covers it.
struct VocabularySummary {
  std::uint64_t bytes = 0;
  std::uint64_t documents = 0;
  std::uint64_t words = 0;
  std::size_t distinct_words = 0;
  std::size_t pieces = 0;
  double pieces_per_word = 0.0;
  double unknown_fraction = 0.0;  // of the words
  double seconds = 0.0;
};

[[noreturn]] void throw_interrupted() {
  throw Error("interrupted; no file was written");
}

std::vector<WordCount> count_words(const BuildVocabularyOptions& options, const InterruptGuard& guard,
                                   VocabularySummary& summary) {
  TextCorpus corpus(options.inputs);
  ReadingLine line("reading");
  WordCounter counter(options.normalizer);
  while (const auto document = corpus.next()) {
    if (guard.interrupted()) throw_interrupted();
    counter.add(*document);
    ++summary.documents;
    line.update(corpus.bytes_read(), corpus.total_bytes(),
                fmt::format("{} words, {} distinct", with_separators(counter.words()),
                            with_separators(counter.distinct_words())));
  }
  summary.bytes = corpus.bytes_read();
  summary.words = counter.words();
  summary.distinct_words = counter.distinct_words();
  if (summary.words == 0)
    throw FormatError(fmt::format("{}: no words found, expected text", options.inputs.front().string()));
  return counter.take();
}

Vocabulary train(const BuildVocabularyOptions& options, std::span<const WordCount> words,
                 const InterruptGuard& guard) {
  WordPieceTrainingOptions training = options.training;
  std::optional<ProgressLine> line;
  training.on_piece = [&](std::size_t pieces, std::size_t total) {
    if (guard.interrupted()) throw_interrupted();
    if (!line)
      line.emplace(
          ProgressOptions{.total = static_cast<std::int64_t>(total), .title = "merging", .unit = "pieces"});
    line->update(static_cast<std::int64_t>(pieces));
  };
  return train_wordpiece(words, training);
}

/// In what train_wordpiece makes.
constexpr std::int32_t kUnknownId = 1;
static_assert(kBertSpecialTokens[kUnknownId] == "[UNK]");

void measure(const Vocabulary& vocabulary, std::span<const WordCount> words, VocabularySummary& summary) {
  WordPieceModel model;
  model.vocabulary = vocabulary;
  model.special_tokens.unknown = kUnknownId;
  // The words are normalised already.
  model.normalizer = {
      .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};
  const WordPieceTokenizer tokenizer(std::move(model));
  double pieces = 0.0;
  double unknown = 0.0;
  for (const auto& [word, count] : words) {
    const auto found = tokenizer.pieces(word);
    pieces += static_cast<double>(count) * static_cast<double>(found.size());
    if (found.front().id == kUnknownId) unknown += static_cast<double>(count);
  }
  summary.pieces = vocabulary.size();
  summary.pieces_per_word = pieces / static_cast<double>(summary.words);
  summary.unknown_fraction = unknown / static_cast<double>(summary.words);
}

void print(const VocabularySummary& summary, const BuildVocabularyOptions& options) {
  if (options.json) {
    print_json({{"output_dir", options.output_dir.string()},
                {"pieces", summary.pieces},
                {"bytes", summary.bytes},
                {"documents", summary.documents},
                {"words", summary.words},
                {"distinct_words", summary.distinct_words},
                {"pieces_per_word", summary.pieces_per_word},
                {"unknown_fraction", summary.unknown_fraction},
                {"seconds", summary.seconds}});
    return;
  }
  std::cout
      << fmt::format("read {} words, {} of them distinct, in {} document{}\n", with_separators(summary.words),
                     with_separators(summary.distinct_words), with_separators(summary.documents),
                     summary.documents == 1 ? "" : "s")
      << fmt::format(
             "{} pieces are in {}; this text takes {:.3f} pieces a word, {:.3f} % of its words are [UNK]\n",
             with_separators(summary.pieces), escaped(options.output_dir.string()), summary.pieces_per_word,
             100 * summary.unknown_fraction);
}

void run_build_vocabulary(const BuildVocabularyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const InterruptGuard guard;
  make_directory(options.output_dir);
  VocabularySummary summary;
  const std::vector<WordCount> words = count_words(options, guard, summary);
  const Vocabulary vocabulary = train(options, words, guard);
  measure(vocabulary, words, summary);
  if (guard.interrupted()) throw_interrupted();
  if (vocabulary.size() < options.training.vocabulary_size) {
    std::cerr << fmt::format(
        "note: the vocabulary stays at {} pieces: no other pair of pieces occurs {} times\n",
        vocabulary.size(), options.training.min_frequency);
  }
  write_wordpiece_files(options.output_dir, vocabulary, options.normalizer);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  print(summary, options);
}

}  // namespace

void add_build_vocabulary_command(CLI::App& app) {
  auto options = std::make_shared<BuildVocabularyOptions>();
  CLI::App& command = *app.add_subcommand(
      "build-vocabulary",
      "Make a WordPiece vocabulary from text. Words are spelled in characters, and the pair of neighbouring "
      "pieces that occurs most often becomes one piece, until the vocabulary is full. Writes vocab.txt, "
      "tokenizer.json and tokenizer_config.json as Hugging Face lays them out. The same text gives the same "
      "vocabulary, in whatever order it is read.");
  command
      .add_option("--input", options->inputs,
                  "Text: files, and directories with all files below them. A plain file is one document, or "
                  "several in <doc> blocks; .jsonl has one JSON object per line with the text under \"text\"")
      ->type_name("PATH...")
      ->default_str("")
      ->required();
  command.add_option("--output-dir", options->output_dir, "Where the files go; created if needed")
      ->type_name("DIR")
      ->required();
  command
      .add_option("--vocab-size", options->training.vocabulary_size,
                  "Pieces in all, special tokens included; a multiple of 8 suits matrix products")
      ->type_name("N")
      ->check(whole_number(8, 1 << 24));
  command
      .add_option("--min-frequency", options->training.min_frequency,
                  "Do not merge pairs that occur less than N times")
      ->type_name("N")
      ->check(whole_number(1));
  command
      .add_option(
          "--limit-alphabet", options->training.alphabet_limit,
          "Spell words in the N most frequent characters; words with others become [UNK]. 0: one for 32 "
          "pieces of the vocabulary, at least 256")
      ->type_name("N")
      ->check(whole_number(0, 1 << 21));
  command.add_flag_callback(
      "--no-lower-case",
      [options] { options->normalizer.lowercase = options->normalizer.strip_accents = false; },
      "Tell upper from lower case and keep accents");
  add_json_option(command, options->json);
  command.footer(
      "Example:\n  transkimmer build-vocabulary --input articles reviews.jsonl --vocab-size 8192 "
      "--output-dir "
      "my-encoder");
  command.callback([options] { run_build_vocabulary(*options); });
}

}  // namespace transkimmer
