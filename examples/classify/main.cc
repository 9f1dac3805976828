// classify MODEL TEXT...: prints the label and its probability for every text.
#include <iostream>
#include <vector>

#include <transkimmer/classifier.h>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: classify MODEL TEXT...\n";
    return 2;
  }
  try {
    const auto classifier = transkimmer::Classifier::load(argv[1], {.threads = 1});
    std::vector<transkimmer::TextInput> inputs;
    for (int i = 2; i < argc; ++i) inputs.push_back({.text = argv[i]});
    for (const auto& result : classifier.classify(inputs)) {
      std::cout << result.label_name << '\t' << result.score << '\n';
    }
  } catch (const transkimmer::Error& error) {
    std::cerr << "classify: " << error.what() << '\n';
    return 1;
  }
}
