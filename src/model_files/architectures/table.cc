#include "model_files/architectures/table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Replaces the first `from` in `name`, if it is there.
void replace_once(std::string& name, std::string_view from, std::string_view to) {
  const std::size_t found = name.find(from);
  if (found != name.npos) name.replace(found, from.size(), to);
}

/// "cls." of "cls.predictions.transform.dense".
std::string first_part(std::string_view name) {
  return std::string(name.substr(0, name.find('.'))) + ".";
}

std::vector<std::string> parts_of_heads() {
  std::vector<std::string> parts;
  for (const Architecture& one : architectures()) {
    if (!one.pooler.empty()) parts.emplace_back(one.pooler);
    parts.insert(parts.end(), one.other_heads.begin(), one.other_heads.end());
    for (const HeadTraits& traits : head_table())
      for (const HeadStep& step : one.head(traits.class_kind, {}).steps) {
        parts.push_back(first_part(step.name));
        if (!step.norm.empty()) parts.push_back(first_part(step.norm));
      }
  }
  return parts;
}

}  // namespace

std::span<const Architecture> architectures() {
  static const std::array table = {bert, camembert, distilbert, electra, mpnet, roberta, xlm_roberta};
  return table;
}

const Architecture* find_architecture(std::string_view model_type) {
  const auto all = architectures();
  const auto found = std::ranges::find(all, model_type, &Architecture::model_type);
  return found == all.end() ? nullptr : &*found;
}

const Architecture& architecture_of(std::string_view model_type) {
  if (const Architecture* const found = find_architecture(model_type)) return *found;
  throw UsageError(fmt::format("model_type is {}, expected {}", in_quotes(model_type), architecture_names()));
}

std::string architecture_names() {
  std::string names;
  const auto all = architectures();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) names += i + 1 == all.size() ? " or " : ", ";
    names += fmt::format("\"{}\"", all[i].model_type);
  }
  return names;
}

bool is_of_a_head(std::string_view stored) {
  static const std::vector<std::string> parts = parts_of_heads();
  return std::ranges::any_of(parts, [&](const std::string& part) { return stored.starts_with(part); });
}

std::string Architecture::key_of(std::string_view ours, HeadKind head_kind) const {
  return std::string(key == nullptr ? ours : key(ours, head_kind));
}

std::string Architecture::stored_name(std::string_view canonical) const {
  std::string name(canonical);
  for (const Spelling& part : tensors) replace_once(name, part.ours, part.theirs);
  return name;
}

std::string Architecture::canonical_name(std::string_view stored) const {
  std::string name(stored);
  for (const Spelling& part : tensors) replace_once(name, part.theirs, part.ours);
  return name;
}

}  // namespace transkimmer
