// write_tiny_model DIRECTORY [question-answering]: the tiny BERT classifier of tiny_model.h, or one that
// answers questions, for tests that are not C++.
#include <iostream>
#include <string_view>

#include "support/tiny_model.h"

int main(int argc, char** argv) {
  const bool answers = argc == 3 && std::string_view(argv[2]) == "question-answering";
  if (argc != 2 && !answers) {
    std::cerr << "usage: write_tiny_model DIRECTORY [question-answering]\n";
    return 2;
  }
  transkimmer::test::TinyModel model;
  if (answers) model.head = transkimmer::HeadKind::question_answering;
  transkimmer::test::write_tiny_model(argv[1], model);
}
