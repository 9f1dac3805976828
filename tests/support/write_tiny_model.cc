// write_tiny_model DIRECTORY [HEAD]: the tiny BERT classifier of tiny_model.h, or one with another head
// (question-answering, multi-label-classification, reranking, ...), for tests that are not C++.
#include <algorithm>
#include <iostream>
#include <string>

#include "support/tiny_model.h"

namespace {

/// name_of without blanks.
std::string word_for(transkimmer::HeadKind head) {
  std::string word(transkimmer::name_of(head));
  std::ranges::replace(word, ' ', '-');
  return word;
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
  if (!transkimmer::traits_of(model.head).classifies()) model.labels = {"LABEL_0"};
  transkimmer::test::write_tiny_model(argv[1], model);
}
