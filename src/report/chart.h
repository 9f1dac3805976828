#pragma once

#include <span>
#include <string>
#include <vector>

namespace transkimmer {

/// A point of a curve.
struct ChartPoint {
  double x = 0;
  double y = 0;
  std::string note;     ///< what a viewer shows of the point when it is pointed at
  bool marked = false;  ///< ringed and named "dense": what the others are compared with
};

/// Points that a line joins in their order.
struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;
};

/// An axis: its words, and how its numbers are spread.
struct ChartAxis {
  std::string label;
  bool logarithmic = false;  ///< then every value has to be above 0
  bool from_zero = false;    ///< begins at 0, wherever the values do
};

/// One drawing of a chart.
struct ChartPanel {
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartSeries> series;
};

/// Panels side by side as an SVG document of one <svg> element, with one legend below: series with the same
/// index share a colour, and the legend has the names of the first panel's. Every point is a
/// <circle class="point">. Texts may hold anything: control characters are escaped, bytes that are not
/// UTF-8 become U+FFFD. Throws UsageError without panels or points, and when a value is not finite, or not
/// above 0 on a logarithmic axis.
std::string chart_svg(const std::string& title, std::span<const ChartPanel> panels);

}  // namespace transkimmer
