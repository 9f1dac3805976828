#include "report/class_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/escaping.h"
#include "base/strings/xml.h"

namespace transkimmer {
namespace {

using Json = nlohmann::ordered_json;

/// More classes make lines that no terminal shows whole.
constexpr std::size_t kMostInMatrix = 12;
constexpr std::size_t kWidestLabel = 24;

std::string short_name(const std::string& label) {
  const std::string shown = escaped(label), cut = fmt::format("{:.{}}", shown, kWidestLabel);
  return cut == shown ? shown : fmt::format("{:.{}}…", shown, kWidestLabel - 1);
}

std::string row(const std::string& name, const ClassShares& shares) {
  return fmt::format("    {:<{}}{:>9.4f} {:>9.4f} {:>9.4f} {:>9}\n", name, kWidestLabel, shares.precision,
                     shares.recall, shares.f1, shares.support);
}

std::string matrix(const NamedClassReport& named) {
  const std::size_t classes = named.labels.size();
  std::string text = "  confusion, right ones down, predicted ones across\n    ";
  text.append(kWidestLabel, ' ');
  for (std::size_t one = 0; one < classes; ++one) text += fmt::format(" {:>6}", one);
  text += '\n';
  for (std::size_t right = 0; right < classes; ++right) {
    text += fmt::format("    {:<{}}",
                        fmt::format("{:>2} {:.{}}", right, short_name(named.labels[right]), kWidestLabel - 3),
                        kWidestLabel);
    for (std::size_t predicted = 0; predicted < classes; ++predicted)
      text += fmt::format(" {:>6}", named.report.confused(right, predicted));
    text += '\n';
  }
  return text;
}

// In pixels: a square of the matrix, and the room for names of up to kWidestLabel characters beside it.
constexpr double kSquare = 44;
constexpr double kMargin = 180;

std::string square(const NamedClassReport& named, std::size_t right, std::size_t predicted) {
  const double x = kMargin + static_cast<double>(predicted) * kSquare,
               y = kMargin + static_cast<double>(right) * kSquare;
  const std::size_t count = named.report.confused(right, predicted),
                    all = named.report.classes[right].support;
  const double share = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
  return fmt::format(
      "<rect x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2:.0f}\" height=\"{2:.0f}\" fill=\"#1f77b4\" "
      "fill-opacity=\"{3:.3f}\" stroke=\"#ddd\"><title>{4} as {5}: {6} of {7}</title></rect>\n"
      "<text x=\"{8:.0f}\" y=\"{9:.0f}\" text-anchor=\"middle\"{10}>{6}</text>\n",
      x, y, kSquare, share, xml(named.labels[right]), xml(named.labels[predicted]), count, all,
      x + kSquare / 2, y + kSquare / 2 + 4, share > 0.6 ? " style=\"fill:#fff\"" : "");
}

Json shares_json(const ClassShares& shares) {
  return {{"precision", shares.precision},
          {"recall", shares.recall},
          {"f1", shares.f1},
          {"support", shares.support}};
}

}  // namespace

std::string class_table(const NamedClassReport& named) {
  std::string text = fmt::format("    {:<{}}{:>9} {:>9} {:>9} {:>9}\n", "class", kWidestLabel, "precision",
                                 "recall", "f1", "support");
  for (std::size_t one = 0; one < named.labels.size(); ++one)
    text += row(short_name(named.labels[one]), named.report.classes[one]);
  text += row("macro avg", named.report.macro) + row("weighted avg", named.report.weighted);
  if (named.roc_auc)
    text += fmt::format("  {:<22}{:.4f} (of {})\n", "ROC AUC", *named.roc_auc, short_name(named.positive));
  if (named.average_precision)
    text += fmt::format("  {:<22}{:.4f}\n", "average precision", *named.average_precision);
  if (named.labels.size() <= kMostInMatrix) text += matrix(named);
  return text;
}

Json class_report_json(const NamedClassReport& named) {
  Json classes = Json::object(), counts = Json::array();
  for (std::size_t right = 0; right < named.labels.size(); ++right) {
    classes[named.labels[right]] = shares_json(named.report.classes[right]);
    Json line = Json::array();
    for (std::size_t predicted = 0; predicted < named.labels.size(); ++predicted)
      line.push_back(named.report.confused(right, predicted));
    counts.push_back(std::move(line));
  }
  Json json = {{"classes", classes},
               {"macro avg", shares_json(named.report.macro)},
               {"weighted avg", shares_json(named.report.weighted)},
               {"confusion_matrix", {{"labels", named.labels}, {"counts", counts}}}};
  if (named.roc_auc) json["roc_auc"] = *named.roc_auc;
  if (named.average_precision) json["average_precision"] = *named.average_precision;
  return json;
}

std::string confusion_svg(const NamedClassReport& named) {
  const auto classes = static_cast<double>(named.labels.size());
  const double side = kMargin + classes * kSquare;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\">\n<style>text{{font:12px sans-serif;fill:#333}}</style>\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n"
      "<text x=\"{2:.0f}\" y=\"16\">predicted</text>\n<text x=\"8\" y=\"{3:.0f}\">right</text>\n",
      side + 8, side + 8, kMargin, kMargin - 8);
  for (std::size_t right = 0; right < named.labels.size(); ++right) {
    const double y = kMargin + static_cast<double>(right) * kSquare;
    const std::string name = xml(short_name(named.labels[right]));
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>\n", kMargin - 6,
                       y + kSquare / 2 + 4, name);
    svg += fmt::format("<text transform=\"translate({:.0f} {:.0f}) rotate(-45)\">{}</text>\n",
                       y + kSquare / 2, kMargin - 6, name);
    for (std::size_t predicted = 0; predicted < named.labels.size(); ++predicted)
      svg += square(named, right, predicted);
  }
  return svg + "</svg>\n";
}

}  // namespace transkimmer
