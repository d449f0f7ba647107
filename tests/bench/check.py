#!/usr/bin/env python3
"""check.py MEASURE: what measures is right itself. Exit code 0 if it is.

Made-up measurements, whose figures are known, go through table.py and
growth.py; MEASURE runs programs of known time, end and family; files.py makes
files whose sizes are known.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
failed = 0


def expect(what, true):
    global failed
    if not true:
        print(f"FAILED: {what}")
        failed = 1


def tool(name, *arguments):
    command = [sys.executable, os.path.join(HERE, name), *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write("\t".join(map(str, row)) + "\n")


def table(folder, measured, compared):
    raw, compare = os.path.join(folder, "raw"), os.path.join(folder, "compare")
    write(
        raw,
        [
            (who, unit, value)
            for who, unit, values in measured
            for value in values
        ],
    )
    write(compare, compared)
    return tool("table.py", raw, compare).splitlines()[2:]


def check_table(folder):
    measured = [
        ("ours", "us", [1000, 3000, 8000]),
        ("theirs", "us", [2000, 2000, 2000]),
        ("big", "KiB", [2048, 2048]),
        ("small", "KiB", [1024, 1024]),
    ]
    rows = table(
        folder,
        measured,
        [
            ("a", "most", "ours", "theirs", "1.5"),
            ("b", "most", "ours", "theirs", "1.4"),
            ("c", "least", "ours", "theirs", "0.66"),
            ("d", "least", "ours", "theirs", "0.67"),
            ("e", "over", "big", "small", "1024"),
            ("f", "over", "big", "small", "1023"),
            ("g", "most", "ours", "1000", ""),
            ("h", "most", "never", "theirs", "1"),
        ],
    )
    ratio = "| 3.00 ms | 2.00 ms | **1.50** (0.50 … 4.00; 3) |"
    expect("a ratio at its goal", rows[0] == f"| a {ratio} at most 1.5 | yes |")
    expect("a ratio over it", rows[1] == f"| b {ratio} at most 1.4 | no |")
    speed = "| 3.00 ms | 2.00 ms | **0.67** (0.25 … 2.00; 3) |"
    expect("a speed", rows[2] == f"| c {speed} at least 0.66 | yes |")
    expect("a speed too low", rows[3] == f"| d {speed} at least 0.67 | no |")
    expect("a difference", rows[4].endswith("| at most 1.0 MiB | yes |"))
    expect("its figure", "**1.0 MiB**" in rows[4])
    expect("a difference too large", rows[5].endswith("| no |"))
    expect("a number as a peer", "**3.00** (1.00 … 8.00; 3) |  |  |" in rows[6])
    expect("what was not measured", "not measured" in rows[7])


def exponent(folder, time):
    raw, svg = os.path.join(folder, "raw"), os.path.join(folder, "svg")
    rows = []
    for who in ("reflink", "cp"):
        for step in range(7):
            number = 10**step
            rows += [(f"growth {who} extents {number}", "us", time(number))] * 3
    write(raw, rows)
    axis, figure = tool("growth.py", raw, svg).split()
    with open(svg, encoding="utf-8") as file:
        drawn = file.read()
    expect("a dot for each median", drawn.count("<circle") == 14)
    expect("the axis", axis == "extents")
    return float(figure)


def check_growth(folder):
    linear = exponent(folder, lambda n: 3000 + n)
    expect(f"linear is 1, not {linear}", 0.98 <= linear <= 1.02)
    square = exponent(folder, lambda n: 3000 + n**1.5)
    expect(f"a power is itself, not {square}", 1.48 <= square <= 1.52)


def check_measure(folder, measure):
    out = os.path.join(folder, "out")
    work = "bytearray(64 << 20); [0 for _ in range(1000000)]; time.sleep(0.2)"
    program = f"import time; {work}; exit(7)"
    # the shell ends at once and leaves it behind, as a Wine process is
    behind = f"'{sys.executable}' -c '{program}' &"
    name = os.path.basename(sys.executable)
    for command, code in (
        ([sys.executable, "-c", program], 7),
        (["sh", "-c", behind], 0),
    ):
        ended = subprocess.run([measure, out, name[:15], *command], check=False)
        expect("the exit code is passed on", ended.returncode == code)
    with open(out, encoding="utf-8") as file:
        lines = [list(map(int, line.split())) for line in file]
    expect("two lines", len(lines) == 2)
    expect("the time", 200000 <= lines[0][0] < 20000000)
    expect("the shell's own time is short", lines[1][0] < lines[0][0])
    for (_, told, peak, processor), code in zip(lines, (7, 0)):
        expect("the exit code", told == code)
        expect("the peak", 65536 <= peak < 65536 * 4)
        expect("the processor time", 5000 <= processor < 20000000)


def check_files(folder):
    path = os.path.join(folder, "f")
    tool("files.py", "dense", path, 20000001)
    expect("dense: all of it", os.path.getsize(path) == 20000001)
    tool("files.py", "tree", os.path.join(folder, "t"), 250, 10, 20)
    sizes = [
        os.path.getsize(os.path.join(inner, file))
        for inner, _, files in os.walk(os.path.join(folder, "t"))
        for file in files
    ]
    expect("tree: the files", len(sizes) == 250)
    expect("tree: their sizes", (min(sizes), max(sizes)) == (10, 20))
    folders = sorted(os.listdir(os.path.join(folder, "t")))
    expect("tree: a hundred to a folder", folders == ["0", "1", "2"])


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_table(folder)
        check_growth(folder)
        check_measure(folder, sys.argv[1])
        check_files(folder)
    return failed


sys.exit(main())
