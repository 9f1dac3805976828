// Writes a BERT classifier of random weights, of BERT-base's shape unless told otherwise, for comparisons of
// time.

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "base/files/file.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "random_weights.h"
#include "transkimmer/error.h"

int main(int argc, char** argv) {
  transkimmer::ModelShape shape;
  shape.predictor_size = 64;
  std::string tokenizer, output_dir;
  CLI::App app("Writes a BERT classifier of random weights, with skim predictors.");
  app.add_option("--tokenizer", tokenizer, "Model directory whose tokenizer and vocabulary size it takes")
      ->required();
  app.add_option("--output-dir", output_dir)->required();
  app.add_option("--layers", shape.layers)->capture_default_str();
  app.add_option("--hidden", shape.hidden)->capture_default_str();
  app.add_option("--heads", shape.heads)->capture_default_str();
  app.add_option("--feed-forward", shape.feed_forward)->capture_default_str();
  app.add_option("--skim-predictor-size", shape.predictor_size)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    shape.vocabulary = transkimmer::ModelConfig::load(tokenizer).vocab_size;
    const transkimmer::ModelConfig config = transkimmer::config_of(shape);
    transkimmer::make_directory(output_dir);
    config.save(output_dir);
    transkimmer::write_random_weights(config, output_dir);
    transkimmer::copy_tokenizer_files(tokenizer, output_dir);
  } catch (const transkimmer::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
