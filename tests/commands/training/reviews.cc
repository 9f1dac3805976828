#include "commands/training/reviews.h"

#include <array>
#include <random>
#include <utility>

#include "base/files/file.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 8> kTexts = {{{"a charming journey", "praise"},
                                                                        {"flat movie", "blame"},
                                                                        {"good film", "praise"},
                                                                        {"dull ending", "blame"},
                                                                        {"great story", "praise"},
                                                                        {"bad film", "blame"},
                                                                        {"very good movie", "praise"},
                                                                        {"it was not charming", "blame"}}};

}  // namespace

Reviews::Reviews() {
  write_tiny_model(path("model"));
  std::mt19937_64 random(1);
  std::string train = "label,text\n";
  for (int i = 0; i < 48; ++i) {
    const auto& [text, label] = kTexts[random() % kTexts.size()];
    train += std::string(label) + "," + text + "\n";
  }
  std::string dev;
  for (int i = 0; i < 16; ++i) {
    const auto& [text, label] = kTexts[static_cast<std::size_t>(i) % kTexts.size()];
    dev += std::string("{\"text\": \"") + text + "\", \"label\": \"" + label + "\"}\n";
  }
  write("train.csv", train);
  write("dev.jsonl", dev);
}

void Reviews::write(const std::string& name, const std::string& content) const {
  write_file_atomically(path(name), content);
}

nlohmann::json Reviews::json_file(const std::string& name) const {
  return nlohmann::json::parse(read_file(path(name)));
}

}  // namespace transkimmer::test
