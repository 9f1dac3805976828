#pragma once

#include <array>
#include <span>
#include <string_view>

namespace transkimmer::synthetic {

/// The lexicon of the synthetic messages. In the frames and sentence patterns a word in capitals stands for
/// one of the list of that name; spaces separate tokens.
using Words = std::span<const std::string_view>;

/// A field of life, and the words that tell it.
struct Topic {
  std::string_view name;
  Words deciding;     ///< phrases that make a message belong to the topic
  Words distracting;  ///< phrases with the topic's words that report nothing
};

/// billing, delivery, technical, praise: in the order of the labels.
std::span<const Topic> topics();
/// Distracting phrases about nothing that has a topic.
Words neutral_phrases();
/// Sentences around a phrase, the same for deciding and distracting ones: a frame gives nothing away.
Words frames();
/// Whole sentences without a phrase, which fill a message up.
Words patterns();
/// The list that a word in capitals stands for; empty for any other word.
Words list_of(std::string_view symbol);
/// The list NAME, for those who sign a message.
Words first_names();

}  // namespace transkimmer::synthetic
