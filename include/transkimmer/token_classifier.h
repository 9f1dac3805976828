#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "transkimmer/classifier.h"
#include "transkimmer/error.h"
#include "transkimmer/model.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// The label of one token of a text.
struct TokenLabel {
  int label = 0;           ///< index into TokenClassifier::labels()
  std::string label_name;  ///< "B-PER"
  float score = 0;         ///< softmax probability of the label
  TokenTrace token;        ///< the token, where it stands, and where it was skimmed
};

/// How tokens become entities, in the words of Hugging Face's pipeline. The last three first give every word
/// one label, so that no entity ends inside a word.
enum class Aggregation : std::uint8_t {
  none,     ///< every token that is not "O" by itself
  simple,   ///< neighbouring tokens of one kind; "B-" begins a new entity
  first,    ///< a word's label is that of its first token
  average,  ///< the largest of the probabilities, mean over its tokens
  max       ///< that of its surest token
};

/// Neighbouring tokens of one kind.
struct Entity {
  std::string entity_group;  ///< the label without what stands before its "-"; of `none`, the whole label
  float score = 0;           ///< mean of the scores of its tokens, or of its words
  std::uint32_t begin = 0;   ///< byte range of `text` or `text_pair`
  std::uint32_t end = 0;
  bool second = false;           ///< of `text_pair`
  std::uint32_t index = 0;       ///< of its first token in the model's input, special tokens counted
  std::uint32_t last_index = 0;  ///< of its last token
  /// Its tokens put together as the tokenizer decodes them, in lower case where it makes them so; of
  /// Aggregation::none the token as the vocabulary spells it. An unknown token is what stands in the text.
  std::string word = {};
};

/// How texts are run, and how tokens become entities.
struct TagOptions {
  std::size_t batch_tokens = 4096;  ///< as in ClassifyOptions, as the next
  std::size_t max_length = 0;
  Aggregation aggregation = Aggregation::simple;
  std::function<void(const ClassifyProgress&)> progress = {};
};

/// The labels of a text's tokens, and the entities that they make.
struct TaggedText {
  std::vector<TokenLabel> tokens;  ///< without special tokens
  /// What Hugging Face's pipeline gives with the same aggregation_strategy; "O" is none.
  std::vector<Entity> entities;
  std::vector<float> kept_fraction;  ///< [layers]: of all tokens, those that went through each layer
  bool truncated = false;            ///< the text was longer than allowed, and was cut
};

/// Gives every token of a text a label (named entities, parts of speech), with a model loaded from a Hugging
/// Face directory.
///
///     const auto tagger = transkimmer::TokenClassifier::load("my-ner-model");
///     for (const auto& entity : tagger.tag({{"Ada lived in London"}}).front().entities)
///       std::cout << entity.entity_group << ' ' << entity.score << '\n';
///
/// A token that is skimmed has the label of the state that it left with. Immutable after loading: `tag` may
/// be called from several threads at once.
class TRANSKIMMER_API TokenClassifier {
 public:
  /// `notices` receives one-line remarks. Throws IoError, FormatError (naming file and tensor), UsageError
  /// (for a model of another kind, too).
  static TokenClassifier load(const std::filesystem::path& directory, const EngineOptions& options = {},
                              const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind.
  explicit TokenClassifier(Model model);
  TokenClassifier(TokenClassifier&&) noexcept;
  TokenClassifier& operator=(TokenClassifier&&) noexcept;
  ~TokenClassifier();

  /// One result per input, in order. Throws as Classifier::classify does.
  std::vector<TaggedText> tag(std::span<const TextInput> inputs, const TagOptions& options = {}) const;
  std::vector<TaggedText> tag(std::initializer_list<TextInput> inputs, const TagOptions& options = {}) const;

  /// Receives the result of one input. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, TaggedText result)>;
  /// For many inputs: hands over each result as soon as those before it are there (Classifier::classify).
  ClassifyProgress tag(std::span<const TextInput> inputs, const TagOptions& options,
                       const ResultHandler& on_result) const;

  const Model& model() const;
  /// Label names in index order.
  const std::vector<std::string>& labels() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
