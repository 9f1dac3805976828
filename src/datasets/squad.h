#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/tasks.h"

namespace transkimmer {

/// A passage of a context that answers a question.
struct QaAnswer {
  std::string text;
  std::uint32_t begin = 0;  ///< byte of the context where `text` stands
  bool operator==(const QaAnswer&) const = default;
};

/// A question about a context.
struct QaExample {
  std::string id;
  std::string question;
  std::size_t context = 0;  ///< index into QaDataset::contexts: several questions ask about one context
  /// As the file lists them; the first is what training learns, all count in evaluation. Empty when the
  /// context does not answer the question (and for every question of an unlabelled file).
  std::vector<QaAnswer> answers;
};

/// Questions, and the contexts that they share.
struct QaDataset {
  std::vector<std::string> contexts;
  std::vector<QaExample> examples;
  bool labelled = true;  ///< false: the file gives no answers at all, as a test set does
  std::string origin;    ///< the file it came from, for messages

  const std::string& context_of(const QaExample& example) const { return contexts[example.context]; }
  /// False of SQuAD v1.1, where "no answer" is no answer.
  bool some_have_no_answer() const;
};

/// Reads the JSON of SQuAD v1.1 and v2. `answer_start` counts characters (code points) and becomes a byte
/// offset; "plausible_answers" and titles are passed over. `origin` is the file's name for messages.
///
/// Throws FormatError that names the file and, where there is one, the question's id: a missing or mistyped
/// key, no questions, a context without a character that is not white space, an id that appears twice, an
/// answer that does not stand at its offset (the message says where it stands), a question marked
/// impossible that has answers or the reverse, answers for some questions and none given for others.
QaDataset parse_squad(std::string_view text, const std::string& origin);

/// The same from a file. Throws IoError too.
QaDataset load_squad(const std::filesystem::path& path);

/// The file of one split: `path` itself when it is a file, else `{train,dev,test}-v2.0.json` (or -v1.1.json)
/// in the folder `path`, in its squad2/, squad_v2/ or squad/. Throws IoError that lists what was tried.
std::filesystem::path find_squad_file(const std::filesystem::path& path, Split split);

}  // namespace transkimmer
