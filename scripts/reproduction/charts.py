"""Line and point charts as SVG text, enough for the figures of docs/."""

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 36, 52  # on the right stand the names of the series
# Tells apart 12 series, also for most colour-blind readers as neighbours differ in lightness.
COLOURS = ("#1f77b4", "#d95f02", "#1b7837", "#c51b7d", "#6a51a3", "#8c510a",
           "#01665e", "#b2182b", "#4d4d4d", "#e6ab02", "#5aae61", "#9970ab")


@dataclass(frozen=True)
class Series:
    name: str
    points: tuple  # of (x, y)
    connected: bool = True


@dataclass(frozen=True)
class Axis:
    label: str
    low: float
    high: float
    ticks: tuple
    logarithmic: bool = False

    def share(self, value):
        """Where a value lies between the ends: 0 to 1."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def x_at(axis, value):
    return LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)


def y_at(axis, value):
    return HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM)


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(words)}</text>'


def grid(x_axis, y_axis):
    lines = []
    for tick in x_axis.ticks:
        x = x_at(x_axis, tick)
        lines.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" class="grid"/>')
        lines.append(text(x, HEIGHT - BOTTOM + 16, f"{tick:g}"))
    for tick in y_axis.ticks:
        y = y_at(y_axis, tick)
        lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="grid"/>')
        lines.append(text(LEFT - 8, y + 4, f"{tick:g}", "end"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(text(middle, HEIGHT - 14, x_axis.label))
    turned = f'transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2:.1f})"'
    lines.append(text(16, (TOP + HEIGHT - BOTTOM) / 2, y_axis.label, extra=turned))
    return lines


def drawing(series, colour, x_axis, y_axis):
    places = [(x_at(x_axis, x), y_at(y_axis, y)) for x, y in series.points]
    lines = []
    if series.connected:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
    else:
        lines += [text(x + 7, y + 4, series.name, "start", f'style="fill:{colour}"') for x, y in places]
    if len(places) <= 24:
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>' for x, y in places]
    return lines


def names(all_series, y_axis):
    """Each line's name at the height of its last point, moved down where names would overlap."""
    ends = sorted((y_at(y_axis, series.points[-1][1]), index) for index, series in enumerate(all_series)
                  if series.connected)
    lines, lowest = [], TOP
    for y, index in ends:
        lowest = max(y + 4, lowest + 15)
        style = f'style="fill:{COLOURS[index % len(COLOURS)]}"'
        lines.append(text(WIDTH - RIGHT + 10, lowest, all_series[index].name, "start", style))
    return lines


def chart(title, series, x_axis, y_axis):
    """The SVG document of a chart."""
    style = ("<style>text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}"
             ".grid{stroke:#ddd;stroke-width:1}</style>")
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
             f'aria-label="{escape(title)}">', style, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             text(LEFT, 22, title, "start", 'class="title"'), *grid(x_axis, y_axis)]
    for index, one in enumerate(series):
        lines += drawing(one, COLOURS[index % len(COLOURS)], x_axis, y_axis)
    return "\n".join([*lines, *names(series, y_axis), "</svg>"]) + "\n"
