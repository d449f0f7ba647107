#!/usr/bin/env python3
"""table.py RAW COMPARE: the Markdown table of a run.

RAW has a line for each measurement: contender, unit, value, tab between them.
COMPARE has a line for each row of the table: what, kind, contender, peer,
goal. Measurement number n of a contender is paired with number n of its peer.
Kinds: `most` and `least` compare the median of the pairs' ratios, contender to
peer for `most`, peer to contender (how many times faster) for `least`, `over`
the medians' difference; `show` has no goal. A peer that is a number is itself.
"""
import collections
import statistics
import sys


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def human(value, unit):
    if unit == "KiB":
        return f"{value / 1024:.1f} MiB"
    if unit == "n":
        return f"{value:g}"
    if value >= 1e6:
        return f"{value / 1e6:.2f} s"
    return f"{value / 1e3:.2f} ms" if value >= 1e3 else f"{value:.0f} us"


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def pairs_of(values, contender, peer):
    ours = values[contender]
    theirs = [float(peer)] * len(ours) if is_number(peer) else values[peer]
    return list(zip(ours, theirs))


def judge(kind, pairs, goal):
    """The number that is held against the goal, its spread, and whether."""
    if kind == "over":
        figures = [ours - theirs for ours, theirs in pairs]
    elif kind == "least":
        figures = [theirs / ours for ours, theirs in pairs]
    else:
        figures = [ours / theirs for ours, theirs in pairs]
    middle = statistics.median(figures)
    if goal == "":
        return middle, figures, ""
    met = middle >= float(goal) if kind == "least" else middle <= float(goal)
    return middle, figures, "yes" if met else "no"


def figure(kind, value, unit):
    return human(value, unit) if kind == "over" else f"{value:.2f}"


def goal_words(kind, goal, unit):
    if goal == "":
        return ""
    words = "at least " if kind == "least" else "at most "
    return words + (human(float(goal), unit) if kind == "over" else goal)


def row(line, values, units):
    what, kind, contender, peer, goal = line
    pairs = pairs_of(values, contender, peer)
    if not pairs:
        return f"| {what} | not measured | | | | |"
    unit = units[contender]
    middle, figures, met = judge(kind, pairs, goal)
    ours, theirs = (statistics.median(side) for side in zip(*pairs))
    spread = f"{figure(kind, min(figures), unit)} … " + figure(
        kind, max(figures), unit
    )
    return (
        f"| {what} | {human(ours, unit)} | {human(theirs, unit)} "
        f"| **{figure(kind, middle, unit)}** ({spread}; {len(pairs)}) "
        f"| {goal_words(kind, goal, unit)} | {met} |"
    )


def main():
    values = collections.defaultdict(list)
    units = {}
    for contender, unit, value in read(sys.argv[1]):
        values[contender].append(float(value))
        units[contender] = unit
    print("| what | reflink | peer | ratio (spread; pairs) | goal | met |")
    print("|---|---|---|---|---|---|")
    for line in read(sys.argv[2]):
        print(row(line, values, units))


main()
