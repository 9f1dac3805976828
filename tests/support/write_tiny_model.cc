// write_tiny_model DIRECTORY [HEAD]: the tiny BERT classifier of tiny_model.h, or one with another head
// (question-answering, multi-label-classification, sentence-embedding, ...), for tests that are not C++.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "support/tiny_model.h"

namespace {

using transkimmer::HeadKind;

/// name_of without blanks.
std::string word_for(HeadKind head) {
  std::string word(transkimmer::name_of(head));
  std::ranges::replace(word, ' ', '-');
  return word;
}

/// An embedder is the encoder alone, with sentence-transformers' files around it.
void write_modules(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "1_Pooling");
  std::ofstream(directory / "modules.json")
      << R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},)"
      << R"( {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])";
  std::ofstream(directory / "1_Pooling" / "config.json")
      << R"({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true})";
}

}  // namespace

int main(int argc, char** argv) {
  transkimmer::test::TinyModel model;
  bool known = argc == 2;
  for (const transkimmer::HeadTraits& traits : transkimmer::head_table()) {
    if (argc != 3 || word_for(traits.kind) != argv[2]) continue;
    known = true;
    model.head = traits.kind;
  }
  if (!known) {
    std::cerr << "usage: write_tiny_model DIRECTORY [HEAD]\n";
    return 2;
  }
  const bool embeds = model.head == HeadKind::embedding;
  if (embeds) model.head = HeadKind::none;
  if (model.head == HeadKind::token_classification) model.labels = {"O", "B-PER", "I-PER"};
  if (!transkimmer::traits_of(model.head).classifies()) model.labels = {"LABEL_0"};
  transkimmer::test::write_tiny_model(argv[1], model);
  if (embeds) write_modules(argv[1]);
}
