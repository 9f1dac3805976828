#include "text/unicode/character_table.h"

#include <algorithm>
#include <map>

#include "text/unicode/unicode_data.h"

namespace transkimmer {
namespace {

std::vector<std::uint16_t> flags_of_all(std::size_t characters) {
  std::vector<std::uint16_t> flags(characters);
  const auto runs = character_runs();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::size_t end = i + 1 < runs.size() ? runs[i + 1].first : characters;
    std::fill(flags.begin() + runs[i].first, flags.begin() + static_cast<std::ptrdiff_t>(end), runs[i].flags);
  }
  for (const LowerCaseRun& run : lower_case_runs()) {
    for (char32_t c = run.first; c <= run.last; c += run.step) flags[c] |= CharacterTable::kInUpperCase;
  }
  return flags;
}

}  // namespace

CharacterTable::CharacterTable() {
  const std::vector<std::uint16_t> all = flags_of_all(kCharacters);
  std::map<std::vector<std::uint16_t>, std::uint32_t> places;
  for (std::size_t block = 0; block < place_of_block_.size(); ++block) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(block * kBlock);
    const std::vector<std::uint16_t> content(begin, begin + kBlock);
    const auto [place, is_new] = places.try_emplace(content, static_cast<std::uint32_t>(flags_.size()));
    if (is_new) flags_.insert(flags_.end(), content.begin(), content.end());
    place_of_block_[block] = place->second;
  }
}

}  // namespace transkimmer
