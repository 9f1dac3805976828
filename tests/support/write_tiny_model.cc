// write_tiny_model DIRECTORY [HEAD]: the tiny BERT classifier of tiny_model.h, or one of another kind, for
// tests that are not C++. An embedder is the encoder alone with sentence-transformers' files around it.
#include <array>
#include <fstream>
#include <iostream>
#include <string_view>

#include "support/tiny_model.h"

namespace {

using transkimmer::HeadKind;

struct Kind {
  std::string_view name;
  HeadKind head;
};
constexpr std::array<Kind, 4> kKinds{{{"classification", HeadKind::classification},
                                      {"question-answering", HeadKind::question_answering},
                                      {"token-classification", HeadKind::token_classification},
                                      {"embedding", HeadKind::none}}};

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
  const std::string_view wanted = argc == 3 ? argv[2] : kKinds.front().name;
  for (const auto& [name, head] : kKinds) {
    if (argc < 2 || argc > 3 || name != wanted) continue;
    transkimmer::test::TinyModel model;
    model.head = head;
    if (head == HeadKind::token_classification) model.labels = {"O", "B-PER", "I-PER"};
    transkimmer::test::write_tiny_model(argv[1], model);
    if (head == HeadKind::none) write_modules(argv[1]);
    return 0;
  }
  std::cerr << "usage: write_tiny_model DIRECTORY [HEAD], HEAD one of";
  for (const Kind& kind : kKinds) std::cerr << ' ' << kind.name;
  std::cerr << '\n';
  return 2;
}
