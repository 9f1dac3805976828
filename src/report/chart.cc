#include "report/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include "base/strings/xml.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// In pixels. A panel is its frame with room for ticks and labels around it.
constexpr double kPanelWidth = 460;
constexpr double kPanelHeight = 340;
constexpr double kLeft = 68;
constexpr double kRight = 24;
constexpr double kTop = 44;
constexpr double kBottom = 48;
constexpr double kLegendLine = 18;
/// Frame left free beyond the outermost values, as a share of their range.
constexpr double kMargin = 0.06;

// Neighbours differ in lightness, which also most colour-blind readers tell apart.
constexpr std::array<const char*, 12> kColours = {"#1f77b4", "#d95f02", "#1b7837", "#c51b7d",
                                                  "#6a51a3", "#8c510a", "#01665e", "#b2182b",
                                                  "#4d4d4d", "#e6ab02", "#5aae61", "#9970ab"};

constexpr const char* kStyle =
    "<style>text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}"
    ".grid{stroke:#ddd;stroke-width:1}</style>\n";

const char* colour_of(std::size_t series) {
  return kColours[series % kColours.size()];
}

std::string text_at(double x, double y, std::string_view words, std::string_view attributes) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes, xml(words));
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps of it fill `range`.
double round_step(double range, double count) {
  const double power = std::pow(10, std::floor(std::log10(range / count)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (range / (factor * power) <= count) return factor * power;
  return 10 * power;
}

/// An axis with the range of its values.
class Scale {
 public:
  Scale(const ChartAxis& axis, const std::vector<double>& values) : logarithmic_(axis.logarithmic) {
    for (const double value : values) check(value);
    low_ = position(*std::ranges::min_element(values));
    high_ = position(*std::ranges::max_element(values));
    if (axis.from_zero && !logarithmic_) low_ = std::min(low_, 0.0);
    const double range = high_ - low_;
    // A single value stands in the middle.
    const double margin = range > 0 ? kMargin * range : std::max(std::abs(high_), 1.0) / 10;
    if (!(axis.from_zero && low_ == 0)) low_ -= margin;
    high_ += margin;
  }

  /// Where a value lies between the ends: 0 to 1.
  double share(double value) const { return (position(value) - low_) / (high_ - low_); }

  std::vector<double> ticks() const {
    if (!logarithmic_) return linear_ticks(low_, high_);
    const double low = std::exp(low_);
    const double high = std::exp(high_);
    constexpr std::size_t kFewTicks = 4;
    auto ticks = logarithmic_ticks(low, high, {1, 2, 5});
    if (ticks.size() < kFewTicks) ticks = logarithmic_ticks(low, high, {1, 1.5, 2, 3, 5, 7});
    return ticks.size() < kFewTicks ? linear_ticks(low, high) : ticks;
  }

 private:
  void check(double value) const {
    if (!std::isfinite(value) || (logarithmic_ && value <= 0))
      throw UsageError(fmt::format("a chart cannot show the value {}", value));
  }

  double position(double value) const { return logarithmic_ ? std::log(value) : value; }

  /// `factors` times powers of ten.
  static std::vector<double> logarithmic_ticks(double low, double high,
                                               std::initializer_list<double> factors) {
    std::vector<double> ticks;
    for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10, power) <= high; ++power)
      for (const double factor : factors)
        if (const double tick = factor * std::pow(10, power); tick >= low && tick <= high)
          ticks.push_back(tick);
    return ticks;
  }

  static std::vector<double> linear_ticks(double low, double high) {
    constexpr double kTicks = 6;
    const double step = round_step(high - low, kTicks);
    std::vector<double> ticks;
    for (double index = std::ceil(low / step); index * step <= high; ++index)
      ticks.push_back(index * step + 0.0);  // -0 becomes 0
    return ticks;
  }

  bool logarithmic_ = false;
  double low_ = 0;
  double high_ = 1;
};

/// One coordinate of every point of a panel.
std::vector<double> values_of(const ChartPanel& panel, double ChartPoint::*coordinate) {
  std::vector<double> values;
  for (const ChartSeries& series : panel.series)
    for (const ChartPoint& point : series.points) values.push_back(point.*coordinate);
  if (values.empty()) throw UsageError("a chart without points");
  return values;
}

class PanelDrawing {
 public:
  PanelDrawing(const ChartPanel& panel, double offset)
      : panel_(panel),
        left_(offset + kLeft),
        x_(panel.x, values_of(panel, &ChartPoint::x)),
        y_(panel.y, values_of(panel, &ChartPoint::y)) {}

  std::string svg() const {
    std::string text = grid() + labels();
    for (std::size_t i = 0; i < panel_.series.size(); ++i) text += series(panel_.series[i], colour_of(i));
    return text;
  }

 private:
  static constexpr double kWidth = kPanelWidth - kLeft - kRight;
  static constexpr double kHeight = kPanelHeight - kTop - kBottom;

  double x_at(double value) const { return left_ + x_.share(value) * kWidth; }
  double y_at(double value) const { return kTop + (1 - y_.share(value)) * kHeight; }

  std::string grid() const {
    std::string text;
    const auto line = [&](double x1, double y1, double x2, double y2) {
      text += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"grid\"/>\n",
                          x1, y1, x2, y2);
    };
    for (const double tick : x_.ticks()) {
      line(x_at(tick), kTop, x_at(tick), kTop + kHeight);
      text +=
          text_at(x_at(tick), kTop + kHeight + 16, fmt::format("{:.6g}", tick), R"(text-anchor="middle")");
    }
    for (const double tick : y_.ticks()) {
      line(left_, y_at(tick), left_ + kWidth, y_at(tick));
      text += text_at(left_ - 8, y_at(tick) + 4, fmt::format("{:.6g}", tick), R"(text-anchor="end")");
    }
    return text;
  }

  std::string labels() const {
    const double middle = kTop + kHeight / 2;
    const double margin = left_ - kLeft + 16;
    return text_at(left_ + kWidth / 2, kPanelHeight - 12, panel_.x.label, R"(text-anchor="middle")") +
           text_at(
               margin, middle, panel_.y.label,
               fmt::format("text-anchor=\"middle\" transform=\"rotate(-90 {:.1f} {:.1f})\"", margin, middle));
  }

  std::string series(const ChartSeries& series, const char* colour) const {
    std::string path;
    std::string circles;
    for (const ChartPoint& point : series.points) {
      const double x = x_at(point.x);
      const double y = y_at(point.y);
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
      circles += fmt::format(
          "<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.2\" "
          "fill=\"{}\"><title>{}</title></circle>\n",
          x, y, colour, xml(point.note));
      if (point.marked) circles += ring(x, y, colour);
    }
    return fmt::format(
               "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" "
               "stroke-opacity=\"0.6\"/>\n",
               path, colour) +
           circles;
  }

  std::string ring(double x, double y, const char* colour) const {
    // Left of the point where the frame ends on its right.
    const bool right = x < left_ + 0.85 * kWidth;
    return fmt::format(
               "<circle class=\"ring\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\" fill=\"none\" stroke=\"{}\" "
               "stroke-width=\"1.5\"/>\n",
               x, y, colour) +
           text_at(x + (right ? 11 : -11), y - 6, "dense",
                   right ? R"(text-anchor="start")" : R"(text-anchor="end")");
  }

  const ChartPanel& panel_;
  double left_;
  Scale x_;
  Scale y_;
};

std::string legend(std::span<const ChartSeries> series) {
  std::string text;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double y = kPanelHeight + kLegendLine * (static_cast<double>(i) + 0.5);
    text += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"8\" fill=\"{}\"/>\n", kLeft,
                        y - 8, colour_of(i));
    text += text_at(kLeft + 20, y, series[i].name, R"(text-anchor="start")");
  }
  return text;
}

}  // namespace

std::string chart_svg(const std::string& title, std::span<const ChartPanel> panels) {
  if (panels.empty()) throw UsageError("a chart without panels");
  const double width = kPanelWidth * static_cast<double>(panels.size());
  const double height = kPanelHeight + kLegendLine * static_cast<double>(panels.front().series.size()) + 8;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" "
      "height=\"{1:g}\" "
      "role=\"img\" aria-label=\"{2}\">\n",
      width, height, xml(title));
  text += kStyle;
  text += fmt::format("<rect width=\"{:g}\" height=\"{:g}\" fill=\"white\"/>\n", width, height);
  text += text_at(kLeft, 24, title, R"(class="title")");
  for (std::size_t i = 0; i < panels.size(); ++i)
    text += PanelDrawing(panels[i], kPanelWidth * static_cast<double>(i)).svg();
  return text + legend(panels.front().series) + "</svg>\n";
}

}  // namespace transkimmer
