#!/usr/bin/env python3
"""readme.py c            prints the program in include/reflink/README.md
readme.py layout FILE     holds the structs of its Python code against what
                          layout.exe printed to FILE
"""
import ctypes
import pathlib
import re
import sys

page = pathlib.Path(__file__).parents[2] / "include/reflink/README.md"


def block(language):
    return re.search(rf"```{language}\n(.*?)```", page.read_text(), re.S)[1]


class Nothing:
    """Stands for the DLL: whatever is asked of it is there."""

    def __getattr__(self, name):
        return Nothing()


def layout():
    """The same as layout.exe prints, of the page's code. A wchar_t has four
    bytes here, so another type of two stands for it."""
    code = block("python").replace("c_wchar *", "ctypes.c_uint16 *")
    names = {}
    ctypes.CDLL = lambda name: Nothing()
    exec(code, names)
    for name in ("Error", "Policy", "Outcome"):
        struct = names[name]
        for member, *_ in struct._fields_:
            offset = getattr(struct, member).offset
            yield f"{name.lower()}.{member} {offset}"
        yield f"{name.lower()} {ctypes.sizeof(struct)}"


def main():
    if sys.argv[1] == "c":
        sys.stdout.write(block("c"))
        return 0
    wanted = pathlib.Path(sys.argv[2]).read_text().split("\n")
    wanted = [line.strip() for line in wanted if line.strip()]
    found = list(layout())
    for line in sorted(set(wanted) ^ set(found)):
        print(line, "in the DLL" if line in wanted else "in the page")
    return wanted != found


sys.exit(main())
