#include "text/input_layout.h"

#include <algorithm>

namespace transkimmer {
namespace {

LayoutPart special(std::int32_t id, std::int32_t type_id) {
  return {Segment::special, id, type_id};
}

LayoutPart text(Segment segment, std::int32_t type_id) {
  return {segment, -1, type_id};
}

}  // namespace

InputLayout InputLayout::bare() {
  return {{text(Segment::first, 0)}, {text(Segment::first, 0), text(Segment::second, 1)}};
}

InputLayout InputLayout::bert(std::int32_t begin, std::int32_t separator) {
  InputLayout layout;
  layout.single = {special(begin, 0), text(Segment::first, 0), special(separator, 0)};
  layout.pair = layout.single;
  layout.pair.insert(layout.pair.end(), {text(Segment::second, 1), special(separator, 1)});
  return layout;
}

InputLayout InputLayout::roberta(std::int32_t begin, std::int32_t separator) {
  InputLayout layout;
  layout.single = {special(begin, 0), text(Segment::first, 0), special(separator, 0)};
  layout.pair = layout.single;
  layout.pair.insert(layout.pair.end(),
                     {special(separator, 0), text(Segment::second, 0), special(separator, 0)});
  return layout;
}

std::size_t InputLayout::special_tokens(bool is_pair) const {
  const std::vector<LayoutPart>& all = parts(is_pair);
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [](const LayoutPart& part) { return part.segment == Segment::special; }));
}

}  // namespace transkimmer
