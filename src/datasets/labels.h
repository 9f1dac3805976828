#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// The classes of a data set: names in index order.
class LabelSet {
 public:
  explicit LabelSet(std::vector<std::string> names);

  /// The index of a label as a file spells it: by name, or by index in decimal where no name is itself a
  /// number (so that "1" never means two things).
  std::optional<std::size_t> find(std::string_view spelling) const;
  /// The same; `where` is the "path:line: " of the FormatError that lists the labels.
  double index(std::string_view spelling, const std::string& where) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_by_name_;
  bool indices_allowed_;
};

/// The distinct spellings as label names: in numeric order when all are integers, else alphabetically (by
/// bytes).
std::vector<std::string> collect_labels(std::vector<std::string> spellings);

}  // namespace transkimmer
