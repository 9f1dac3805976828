// write_tiny_model DIRECTORY: the tiny BERT classifier of tiny_model.h, for tests that are not C++.
#include <iostream>

#include "support/tiny_model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_tiny_model DIRECTORY\n";
    return 2;
  }
  transkimmer::test::write_tiny_model(argv[1]);
}
