# SPDX-License-Identifier: Apache-2.0

"""The chart of the ratios, as SVG that is readable on a light ground and on a dark one."""

import math
from xml.sax.saxutils import escape

LEFT, PLOT, RIGHT, ROW, TOP = 370, 480, 110, 22, 92

# The colours of each ground, as properties of the classes: not each viewer knows variables.
COLOURS = """
  .ground {{ fill: {ground} }} text {{ fill: {ink} }} text.dim {{ fill: {dim} }}
  .grid {{ stroke: {grid} }} .one {{ stroke: {dim} }} .target {{ stroke: {ink} }}
  .reached {{ fill: {reached}; stroke: {reached} }} .plain {{ fill: {plain}; stroke: {plain} }}
  .missed {{ fill: {missed}; stroke: {missed} }}
"""
LIGHT = {
    "ground": "#fff", "ink": "#1f2328", "dim": "#656d76", "grid": "#d8dee4",
    "reached": "#1a7f37", "plain": "#0969da", "missed": "#cf222e",
}
DARK = {
    "ground": "#0d1117", "ink": "#e6edf3", "dim": "#8d96a0", "grid": "#30363d",
    "reached": "#3fb950", "plain": "#4493f8", "missed": "#f85149",
}
STYLE = f"""
  text {{ font: 13px system-ui, sans-serif }} .title {{ font-size: 16px; font-weight: 600 }}
  .label {{ text-anchor: end }} .tick {{ text-anchor: middle }} .target {{ stroke-width: 2 }}
  .spread {{ stroke-width: 3; stroke-opacity: .45 }}
  {COLOURS.format(**LIGHT)} @media (prefers-color-scheme: dark) {{ {COLOURS.format(**DARK)} }}
"""


def ticks(low, high):
    """Powers of ten with their doubles and fives between two of them."""
    return [
        round(factor * 10**power, 6)
        for power in range(low, high)
        for factor in (1, 2, 5)
    ] + [10**high]


def chart(rows, title, subtitle):
    """Draws two lines below the title, and a row for each ratio.

    A row has label, median, p10, p90, target or nothing, and whether the target was reached.
    """
    values = [value for row in rows for value in (row["p10"], row["p90"], row["target"]) if value]
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 1)

    def x(value):
        return round(LEFT + PLOT * (math.log10(value) - low) / (high - low), 1)

    width, bottom = LEFT + PLOT + RIGHT, TOP + ROW * len(rows)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {bottom + 70}' role='img'>",
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        "<rect class='ground' width='100%' height='100%'/>",
        f"<text class='title' x='16' y='26'>{escape(title)}</text>",
    ]
    for number, line in enumerate(subtitle):
        parts.append(f"<text class='dim' x='16' y='{46 + 18 * number}'>{escape(line)}</text>")
    for tick in ticks(low, high):
        kind = "one" if tick == 1 else "grid"
        parts.append(f"<path class='{kind}' d='M{x(tick)} {TOP - 6}V{bottom + 4}'/>")
        parts.append(f"<text class='tick dim' x='{x(tick)}' y='{bottom + 20}'>{tick:g}</text>")
    for number, row in enumerate(rows):
        y = TOP + ROW * number + ROW // 2
        kind = {None: "plain", True: "reached", False: "missed"}[row["reached"]]
        label = escape(row["label"])
        parts.append(f"<text class='label' x='{LEFT - 12}' y='{y + 4}'>{label}</text>")
        parts.append(f"<path class='{kind} spread' d='M{x(row['p10'])} {y}H{x(row['p90'])}'/>")
        parts.append(f"<circle class='{kind}' cx='{x(row['median'])}' cy='{y}' r='4'/>")
        if row["target"]:
            parts.append(f"<path class='target' d='M{x(row['target'])} {y - 8}v16'/>")
        parts.append(f"<text x='{LEFT + PLOT + 14}' y='{y + 4}'>{row['median']:.3g}</text>")
    parts.append(
        f"<text class='tick' x='{LEFT + PLOT / 2}' y='{bottom + 42}'>time of virt-watchdog / time"
        " of the other (no unit, logarithmic); left of 1 is faster</text>"
        f"<text class='tick dim' x='{LEFT + PLOT / 2}' y='{bottom + 60}'>point: median; line: 10 %"
        " to 90 %; upright stroke: the target</text></svg>"
    )
    return "\n".join(parts) + "\n"
