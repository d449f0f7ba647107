#!/usr/bin/env python3
"""readme.py c            prints the program in include/reflink/README.md
readme.py layout FILE     holds the structs of its Python and C# code
                          against what layout.exe printed to FILE
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
    return [
        line
        for name in ("Error", "Policy", "Outcome")
        for line in layout_of(name.lower(), names[name])
    ]


def layout_of(name, struct):
    for member, *_ in struct._fields_:
        yield f"{name}.{member} {getattr(struct, member).offset}"
    yield f"{name} {ctypes.sizeof(struct)}"


def layout_csharp():
    """The same of the C# code, whose names are written in another way."""
    types = {"uint": ctypes.c_uint32, "int": ctypes.c_int32,
             "ulong": ctypes.c_uint64, "byte": ctypes.c_uint8,
             "IntPtr": ctypes.c_void_p}
    lines = []
    for name, body in re.findall(
            r"struct (\w+) \{(.*?)\n?\}", block("csharp"), re.S):
        fields = []
        for size, kind, members in re.findall(
                r"(?:SizeConst = (\d+)\)\] )?public (\w+) ([^;]+);", body):
            kind = (ctypes.c_uint16 * int(size)) if size else types[kind]
            fields += [(re.sub(r"(?<!^)([A-Z])", r"_\1", member).lower(), kind)
                       for member in members.split(", ")]
        types[name] = type(name, (ctypes.Structure,), {"_fields_": fields})
        lines += layout_of(name.removeprefix("Reflink").lower(), types[name])
    return lines


def main():
    if sys.argv[1] == "c":
        sys.stdout.write(block("c"))
        return 0
    wanted = pathlib.Path(sys.argv[2]).read_text().split("\n")
    wanted = [line.strip() for line in wanted if line.strip()]
    wrong = False
    for language, found in (("Python", layout()), ("C#", layout_csharp())):
        for line in sorted(set(wanted) ^ set(found)):
            print(line, "in the DLL" if line in wanted else f"in {language}")
        wrong = wrong or wanted != found
    return wrong


sys.exit(main())
