#!/usr/bin/env python3
"""Changes the source in small ways, one at a time, and runs the unit tests.

    tests/mutate.py FILE...               every mutant of these files
    tests/mutate.py --sample 50 FILE...   50 of them, chosen at random
    tests/mutate.py --list FILE...        prints them, tests nothing

FILE is a path below src, or a folder. A mutant that no test notices survives:
a test is missing, or the code that was changed is not needed, or the change
makes no difference; mutants.txt lists the last kind, with the reason.

First come the suites that include FILE's header and those in a folder with the
name of FILE's, then all others, those that take less time first. A crash and a
test that takes too long count as noticed. A mutant that the compiler makes the
same code of is left out. Results are kept in the build folder, so that a run
that was interrupted goes on; --again tests those that survived once more.
The suites must pass as they are: their times are kept, too.
"""
import argparse
import json
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tests" / "mutants.txt"

# --- mutants ------------------------------------------------------------------

TOKEN = re.compile(
    r"""(?P<skip>\\\n|/\*.*?\*/|//[^\n]*|\s+|\#\s*(?:include|if|ifdef|ifndef|elif|
                else|endif|undef|pragma)\b[^\n]*|\#\s*define\s+\w+|\#\#?)
      | (?P<text>(?:L|u8?|U)?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9][0-9.]*[uUlL]*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=
                |[-+*/%&|^~!<>=?:;,.(){}\[\]])""",
    re.VERBOSE | re.DOTALL)

SWAPPED = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
    "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"], "|": ["&"],
}
BINARY = {"+": "-", "-": "+", "*": "/", "&": "|"}
TYPES = set("void bool char short int long float double signed unsigned const "
            "static struct enum union extern typedef wchar_t".split())


class Token:
    def __init__(self, match):
        self.kind, self.text = match.lastgroup, match.group()
        self.start, self.end = match.span()


def tokens_of(source):
    tokens, at = [], 0
    while at < len(source):
        match = TOKEN.match(source, at)
        if match is None:
            raise SystemExit(f"cannot read: {source[at:at + 40]!r}")
        at = match.end()
        if match.lastgroup != "skip":
            tokens.append(Token(match))
    return tokens


def closing(tokens, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += tokens[i].text in ("(", "[", "{")
        depth -= tokens[i].text in (")", "]", "}")
        if depth == 0:
            return i
    raise SystemExit("a bracket is not closed")


def is_value(token):
    """Whether an operator that follows `token` has two operands."""
    return token.kind in ("number", "text") or token.text in (")", "]") or (
        token.kind == "word" and token.text not in TYPES
        and token.text not in ("return", "case", "sizeof"))


def is_pointer(tokens, at):
    """Whether the `*` at `at` stands between a type and a name."""
    before = tokens[at - 1].text
    return (before in TYPES or before.endswith("_t") or before == ")" or
            (at > 1 and tokens[at - 2].text in ("struct", "enum", "const")))


def end_of_statement(tokens, at):
    """The index of the `;` that ends the statement at `at`, or None."""
    first = tokens[at]
    if first.text in ("break", "continue"):
        return at + 1
    if first.text in TYPES or first.text in ("return", "if", "for", "while",
                                             "do", "switch", "case", "default",
                                             "goto", "else", "sizeof"):
        return None
    if first.kind == "word":
        following = tokens[at + 1]
        if following.kind == "word" or following.text == ":":
            return None
        if following.text == "*" and tokens[at + 2].kind == "word":
            return None
    elif first.text not in ("*", "(", "++", "--"):
        return None
    i = at
    while tokens[i].text != ";":
        if tokens[i].text in ("}", "{"):
            i = closing(tokens, i) if tokens[i].text == "{" else i
            if tokens[i].text != "}":
                return None
        elif tokens[i].text in ("(", "["):
            i = closing(tokens, i)
        i += 1
        if i >= len(tokens):
            return None
    return i


def condition_end(tokens, at):
    """The index of the `?` of the condition that begins at `at`, or None."""
    while tokens[at].text not in (";", ",", ")", "}", ":", "="):
        if tokens[at].text == "?":
            return at
        at = closing(tokens, at) + 1 if tokens[at].text in ("(", "[") else at + 1
    return None


def number_changes(text):
    digits = text.rstrip("uUlL")
    tail = text[len(digits):]
    if "." in digits:
        return
    value = int(digits, 0)
    yield f"{value + 1}{tail}"
    if value > 0:
        yield f"{value - 1}{tail}"


def changes_in(tokens):
    """Yields (start, end, new text) of each change, in the order of the text."""
    in_body = 0
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else Token(TOKEN.match(";"))
        after = tokens[i + 1] if i + 1 < len(tokens) else before
        text = token.text
        in_body += text == "{"
        in_body -= text == "}"
        if token.kind == "number":
            if not (before.text == "{" and after.text == "}"):
                for new in number_changes(text):
                    yield token.start, token.end, new
        elif text in ("true", "false"):
            yield token.start, token.end, "false" if text == "true" else "true"
        elif token.kind == "sign" and in_body:
            if text in SWAPPED:
                for new in SWAPPED[text]:
                    yield token.start, token.end, new
            elif (text in BINARY and is_value(before) and
                  not (text == "*" and is_pointer(tokens, i))):
                yield token.start, token.end, BINARY[text]
            elif text == "!":
                yield token.start, token.end, ""
        if not in_body:
            continue
        if text in ("if", "while") and after.text == "(":
            end = closing(tokens, i + 1)
            yield after.end, tokens[end].start, None
        if before.text in ("=", "return", "(", ",") and text != "return":
            end = condition_end(tokens, i)
            if end is not None:
                yield token.start, tokens[end].start, None
        if text == "return" and after.text not in (";", "0", "false", "true",
                                                   "NULL", "(", "{"):
            end = i
            while tokens[end].text != ";":
                end += 1
            yield after.start, tokens[end].start, "0"
        if before.text in (";", "{", "}", ")", "else", ":"):
            end = end_of_statement(tokens, i)
            if end is not None:
                yield token.start, tokens[end].start, ""


def lines_around(source, start, end):
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", end)
    return first, last if last >= 0 else len(source)


def function_at(source, at):
    """The name of the function that `at` is in, or what stands in its place."""
    heads = re.findall(r"^[a-z][^\n;]*?\b(\w+)\((?:[^;{}]*)\)\n\{",
                       source[:at], re.M)
    return heads[-1] if heads else "(above the first function)"


class Mutant:
    """`key` names it in mutants.txt, without a line number."""

    def __init__(self, path, source, start, end, new):
        if new is None:
            new = f"!({source[start:end].strip()}) "
        self.path = path
        self.function = function_at(source, start)
        self.line = source.count("\n", 0, start) + 1
        self.source = source[:start] + new + source[end:]
        first, last = lines_around(source, start, end)
        self.old = " ".join(source[first:last].split())
        self.new = " ".join((source[first:start] + new +
                             source[end:last]).split())
        self.number(1)

    def number(self, count):
        """It is the `count`th of its function that reads like this."""
        again = f" {count}" if count > 1 else ""
        self.key = (f"{self.path} {self.function}{again}\n"
                    f"- {self.old}\n+ {self.new}")

    def __str__(self):
        return f"line {self.line}\n{self.key}"


def mutants_of(path):
    source = (ROOT / path).read_text()
    found, seen, counts = [], set(), {}
    for start, end, new in changes_in(tokens_of(source)):
        mutant = Mutant(path, source, start, end, new)
        if mutant.source != source and mutant.source not in seen:
            seen.add(mutant.source)
            counts[mutant.key] = counts.get(mutant.key, 0) + 1
            mutant.number(counts[mutant.key])
            found.append(mutant)
    return found


def read_equivalent():
    """{key: reason} of mutants.txt."""
    known = {}
    text = EQUIVALENT.read_text() if EQUIVALENT.exists() else ""
    for block in re.split(r"\n\n+", text):
        lines = [line for line in block.splitlines()
                 if line and not line.startswith("#")]
        if len(lines) >= 4:
            known["\n".join(lines[:3])] = " ".join(lines[3:])
    return known


# --- building and testing -----------------------------------------------------

def limit_child():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def passes(command, seconds, folder):
    """Whether it ends with 0 within the time; leaves nothing of it running."""
    environment = dict(os.environ, TMPDIR=str(folder),
                       MALLOC_PERTURB_="165")  # no memory happens to be zeros
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, cwd=folder,
                             start_new_session=True, preexec_fn=limit_child,
                             env=environment)
    try:
        return child.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()


def is_system(path):
    """Whether it is a part of os.h on Win32, for which the simulator stands."""
    return pathlib.PurePath(path).parent.name == "win32"


def is_newer(path, since):
    return path.stat().st_mtime > since


class Workshop:
    """A copy of the repository that is changed, built and tested."""

    def __init__(self, folder, flags, quick):
        self.folder = folder
        self.quick = quick
        self.flags = f"-O1 -w {flags}".strip()
        self.build = folder / "build"
        self.programs = self.build / "tests" / "unit"
        self.changed = None
        self.originals = {}
        self.times = {}

    def prepare(self, paths):
        self.folder.mkdir(parents=True, exist_ok=True)
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=ROOT, check=True,
            capture_output=True).stdout.decode().split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                self.copy(name)
        linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"] if shutil.which(
            "ld.lld") else []
        subprocess.run(
            ["cmake", "-S", ".", "-B", "build", "-G", "Ninja",
             "-DCMAKE_BUILD_TYPE=", f"-DCMAKE_C_FLAGS={self.flags}",
             "-DREFLINK_RUNNER=small", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
             *linker],
            cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        if not self.make("unit") or not self.make("memory"):
            raise SystemExit("the source does not build")
        commands = json.loads((self.build / "compile_commands.json")
                              .read_text())
        self.commands = {os.path.relpath(entry["file"], self.folder):
                         shlex.split(entry["command"]) for entry in commands}
        self.measure(paths)

    def copy(self, name):
        target = self.folder / name
        text = (ROOT / name).read_bytes()
        if not target.exists() or target.read_bytes() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
            shutil.copymode(ROOT / name, target)

    def make(self, program):
        return subprocess.run(["ninja", "-C", str(self.build), program],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def suites(self):
        """{suite: the file it is in}"""
        pattern = re.compile(
            r"^(?:Parameterized)?Test\((?:[^,()]*\* ?\w+,\s*)?(\w+),", re.M)
        return {suite: path
                for path in (ROOT / "tests" / "unit").rglob("*.c")
                for suite in pattern.findall(path.read_text())}

    def measure(self, paths):
        """How long each suite takes that is needed for `paths`."""
        self.sources = self.suites()
        needed = set(self.sources)
        if self.quick or all(is_system(path) for path in paths):
            needed = {suite for path in paths for suite in self.near(path)}
        kept = self.build / "times.json"
        since = kept.stat().st_mtime if kept.exists() else 0
        if not any(is_newer(path, since) for folder in ("src", "tests/sim")
                   for path in (ROOT / folder).rglob("*.[ch]")):
            self.times = {suite: seconds for suite, seconds
                          in json.loads(kept.read_text()).items()
                          if suite in self.sources and
                          not is_newer(self.sources[suite], since)}
        for suite in sorted(needed - set(self.times)):
            start = time.monotonic()
            if not self.run([suite], 300):
                raise SystemExit(f"{suite} fails without a mutant")
            self.times[suite] = time.monotonic() - start
        kept.write_text(json.dumps(self.times))

    def run(self, suites, seconds):
        """Whether they pass; the suite `memory` is a program of its own."""
        pattern = "@(" + "|".join(s for s in suites if s != "memory") + ")/*"
        commands = [["unit", "--filter", pattern]]
        if "memory" in suites:
            self.make("memory")
            commands = commands[len(suites) == 1:] + [["memory"]]
        return all(passes([str(self.programs / name), *rest], seconds,
                          self.build) for name, *rest in commands)

    def noticed(self, suites):
        """The first of `suites` that fails, or None; those that take little
        time together."""
        batch, seconds = [], 0.0
        for i, suite in enumerate(suites):
            batch.append(suite)
            seconds += self.times[suite]
            if (seconds < 1 and len("|".join(batch)) < 200 and
                    i + 1 < len(suites)):
                continue
            if not self.run(batch, 2 + 5 * seconds):
                return "+".join(batch)
            batch, seconds = [], 0.0
        return None

    def near(self, path):
        """The suites that include the file's header, then those in a folder of
        the same name."""
        file = pathlib.PurePath(path)
        header = f'/{file.with_suffix(".h").name}"'
        first = [suite for suite, source in self.sources.items()
                 if header in source.read_text()]
        return first + [suite for suite, source in self.sources.items()
                        if suite not in first and
                        source.parent.name == file.parent.name]

    def order(self, path):
        """The suites for `path`, and all others."""
        near = sorted(self.near(path), key=self.times.get)
        if self.quick or is_system(path):  # which only their suites call
            return near, []
        return near, [suite for suite in sorted(self.times, key=self.times.get)
                      if suite not in near]

    def code(self, path):
        """What an optimizing compiler makes of the file, without names."""
        command = list(self.commands[path])
        target = self.build / "code.o"
        command[command.index("-o") + 1] = str(target)
        result = subprocess.run(command + ["-O2"], cwd=self.build,
                                stderr=subprocess.DEVNULL)
        return target.read_bytes() if result.returncode == 0 else None

    def original_code(self, path):
        if path not in self.originals:
            changed = (self.folder / path).read_text()
            self.copy(path)
            self.originals[path] = self.code(path)
            (self.folder / path).write_text(changed)
        return self.originals[path]

    def judge(self, mutant):
        """("killed", by what), or "survived", "same code", "not C"."""
        if self.changed not in (None, mutant.path):
            self.copy(self.changed)
        self.changed = mutant.path
        (self.folder / mutant.path).write_text(mutant.source)
        if not self.make("unit"):
            return "not C", ""
        near, others = self.order(mutant.path)
        by = self.noticed(near)
        if by is None:
            if self.code(mutant.path) == self.original_code(mutant.path):
                return "same code", ""
            by = self.noticed(others)
        return ("survived", "") if by is None else ("killed", by)


# --- this run -----------------------------------------------------------------

def files_of(paths):
    for name in paths:
        path = (ROOT / name) if not os.path.isabs(name) else pathlib.Path(name)
        found = sorted(path.rglob("*.c")) if path.is_dir() else [path]
        for one in found:
            yield str(one.resolve().relative_to(ROOT))


def read_results(path):
    results = {}
    if path.exists():
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            results[entry["key"]] = entry
    return results


def chosen(options):
    """The mutants of this run; prints the seed that chose them."""
    mutants = [m for path in files_of(options.files) for m in mutants_of(path)]
    if options.sample and options.sample < len(mutants):
        seed = options.seed if options.seed is not None else time.time_ns()
        print(f"seed {seed}: {options.sample} of {len(mutants)} mutants")
        mutants = random.Random(seed).sample(mutants, options.sample)
        mutants.sort(key=lambda m: (m.path, m.line))
    return mutants


def test_all(options, mutants, known):
    workshop = Workshop(options.build.resolve(), options.flags,
                        options.quick)
    log = options.build / "results.jsonl"
    results = read_results(log)
    wanted = [m for m in mutants if m.key not in known and
              (m.key not in results or
               (options.again and results[m.key]["result"] == "survived"))]
    if wanted:
        workshop.prepare({m.path for m in wanted})
    print(f"{len(mutants)} mutants, {len(wanted)} to be tested", flush=True)
    start = time.monotonic()
    for mutant in wanted:
        if options.minutes and time.monotonic() - start > 60 * options.minutes:
            print("the time is up")
            break
        result, by = workshop.judge(mutant)
        entry = {"key": mutant.key, "path": mutant.path, "result": result,
                 "by": by}
        with log.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        results[mutant.key] = entry
        if result == "survived":
            print(f"\nsurvived, {mutant}", flush=True)
    return results


def report(mutants, results, known):
    """One line for each file; returns the number of survivors."""
    left = 0
    for path in sorted({m.path for m in mutants}):
        counts = dict.fromkeys(
            ["killed", "survived", "explained", "same code", "not C", "open"],
            0)
        for mutant in mutants:
            if mutant.path != path:
                continue
            entry = results.get(mutant.key)
            counts["explained" if mutant.key in known else
                   entry["result"] if entry else "open"] += 1
        left += counts["survived"]
        print(f"{path}: " + ", ".join(f"{number} {name}" for name, number
                                      in counts.items() if number))
    return left


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--flags", default="", help="for the compiler, such as "
                        "-fsanitize=address,undefined")
    parser.add_argument("--quick", action="store_true", help="only the suites "
                        "for the file; then --again")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--build", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path(tempfile.gettempdir()) /
                        "reflink-mutants")
    options = parser.parse_args()
    mutants = chosen(options)
    known = read_equivalent()
    if options.list:
        for mutant in mutants:
            print(f"{mutant}\n")
        return 0
    results = test_all(options, mutants, known)
    return 1 if report(mutants, results, known) else 0


if __name__ == "__main__":
    sys.exit(main())
