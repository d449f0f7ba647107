#!/usr/bin/env python3
"""growth.py RAW SVG: how a clone's time grows, as numbers and as a plot.

Of the measurements `growth WHO AXIS NUMBER` takes the medians, fits a fixed
cost and a power, time = fixed + factor * number ^ exponent, and prints a line
for each axis: its name and the exponent, 1 if it is linear.
"""
import collections
import math
import statistics
import sys

WIDTH, HEIGHT, MARGIN = 460, 320, 60
COLOURS = {"reflink": "#c0392b", "cp": "#2c5f8a"}
NAMES = {"reflink": "reflink (inside)", "cp": "cp --reflink=always"}


def read(path):
    found = collections.defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            contender, _, value = line.rstrip("\n").split("\t")
            words = contender.split()
            if words[0] == "growth" and len(words) == 4:
                found[tuple(words[1:3]), int(words[3])].append(float(value))
    curves = collections.defaultdict(list)
    for (curve, number), values in sorted(found.items()):
        curves[curve].append((number, statistics.median(values)))
    return curves


def miss(points, exponent):
    """The least relative error with this exponent, by linear least squares."""
    weights = [(1 / max(t, 1000), n**exponent / max(t, 1000)) for n, t in points]
    goals = [t / max(t, 1000) for _, t in points]
    aa = sum(a * a for a, _ in weights)
    ab = sum(a * b for a, b in weights)
    bb = sum(b * b for _, b in weights)
    ag = sum(a * g for (a, _), g in zip(weights, goals))
    bg = sum(b * g for (_, b), g in zip(weights, goals))
    det = aa * bb - ab * ab
    fixed, factor = (ag * bb - bg * ab) / det, (aa * bg - ab * ag) / det
    return sum(
        (fixed * a + factor * b - g) ** 2
        for (a, b), g in zip(weights, goals)
    )


def exponent_of(points):
    return min((n / 100 for n in range(20, 251)), key=lambda e: miss(points, e))


def scale(values):
    low = math.floor(math.log10(max(min(values), 0.1)))
    high = math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def text(x, y, words, anchor="middle"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def power(exponent):
    return f"{10.0**exponent:,g}"


def panel(left, axis, curves):
    shown = {who: points for (who, of), points in curves.items() if of == axis}
    xs = [n for points in shown.values() for n, _ in points]
    ys = [max(t, 100) / 1000 for points in shown.values() for _, t in points]
    (x0, x1), (y0, y1) = scale(xs), scale(ys)

    def x_of(n):
        share = (math.log10(n) - x0) / (x1 - x0)
        return left + MARGIN + share * (WIDTH - MARGIN - 20)

    def y_of(ms):
        share = (math.log10(ms) - y0) / (y1 - y0)
        return HEIGHT - MARGIN - share * (HEIGHT - MARGIN - 30)

    out = []
    for e in range(x0, x1 + 1):
        x = x_of(10.0**e)
        out.append(f'<path d="M{x:.0f} 30V{HEIGHT - MARGIN}" class="g"/>')
        out.append(text(x, HEIGHT - MARGIN + 16, power(e)))
    for e in range(y0, y1 + 1):
        y = y_of(10.0**e)
        out.append(
            f'<path d="M{left + MARGIN} {y:.0f}H{left + WIDTH - 20}" class="g"/>'
        )
        out.append(text(left + MARGIN - 6, y + 4, power(e) + " ms", "end"))
    out.append(text(left + WIDTH / 2 + 20, HEIGHT - 24, axis))
    for number, (who, points) in enumerate(shown.items()):
        colour = COLOURS[who]
        dots = [(x_of(n), y_of(max(t, 100) / 1000)) for n, t in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
        out.append(f'<path d="M{path}" stroke="{colour}" class="c"/>')
        for x, y in dots:
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        out.append(
            f'<g fill="{colour}">'
            + text(left + MARGIN + 8, 44 + 16 * number, NAMES[who], "start")
            + "</g>"
        )
    return "\n".join(out)


def plot(path, curves, axes):
    panels = [panel(i * WIDTH, axis, curves) for i, axis in enumerate(axes)]
    style = (
        "text{font:12px sans-serif}.g{stroke:#ddd}"
        ".c{fill:none;stroke-width:1.5}"
    )
    with open(path, "w", encoding="utf-8") as svg:
        svg.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(axes)}"'
            f' height="{HEIGHT}"><style>{style}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/>\n'
            + text(WIDTH * len(axes) / 2, 18, "time of a clone")
            + "\n".join(panels)
            + "</svg>\n"
        )


def main():
    curves = read(sys.argv[1])
    axes = sorted({axis for _, axis in curves})
    plot(sys.argv[2], curves, axes)
    for axis in axes:
        print(f"{axis}\t{exponent_of(curves['reflink', axis]):.2f}")


main()
