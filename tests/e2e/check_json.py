#!/usr/bin/python3
"""Judges what `reflink --json` has printed.

check_json.py SCHEMA FILE...     each FILE is the whole stdout of one run
check_json.py --broken SCHEMA FILE   each line of FILE must be rejected

Exit code 0: all is as it should be; 1: it is not, and each line printed says
why; 77: it cannot be judged here, for want of python3-jsonschema.
"""
import collections
import json
import sys

try:
    import jsonschema
except ImportError:
    print("no jsonschema in", sys.executable)
    sys.exit(77)

COUNTED = {
    "ok": {"clone": "cloned", "copy": "copied", "mixed": "mixed"},
    "skipped": "skipped",
    "failed": "failed",
    "different": "failed",
    "interrupted": "failed",
    "refused": "refused",
}


def without_twins(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands in it twice")
    return dict(pairs)


def no_constant(word):
    raise ValueError(word + " is no JSON")


def read(line):
    """One line, without its end, as strictly as the standard has it."""
    value = json.loads(line, object_pairs_hook=without_twins,
                       parse_constant=no_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def faults_of_line(validator, line):
    try:
        value = read(line)
    except ValueError as error:
        return [str(error)], None
    # The one branch that its type names says more than `oneOf` does.
    kind = value.get("type") if isinstance(value, dict) else None
    definitions = validator.schema["$defs"]
    if kind in ("file", "summary", "plan", "volume", "extents", "shared"):
        branch = validator.evolve(schema=dict(
            definitions[kind], **{"$defs": definitions}))
        found = [error.json_path + ": " + error.message
                 for error in branch.iter_errors(value)]
        if found:
            return found, value
    return [error.message for error in validator.iter_errors(value)], value


def count(files):
    """What the summary of these files has to say."""
    sums = dict.fromkeys(["cloned", "copied", "mixed", "skipped", "failed",
                          "refused", "bytes_cloned", "bytes_copied",
                          "bytes_copied_by_server"], 0)
    for file in files:
        name = COUNTED[file["status"]]
        if isinstance(name, dict):
            name = name.get(file["method"])
            sums["bytes_cloned"] += file["bytes_cloned"]
            sums["bytes_copied"] += file["bytes_copied"]
            sums["bytes_copied_by_server"] += file["bytes_copied_by_server"]
        if name:
            sums[name] += 1
    reasons = collections.Counter(
        file["reason"] for file in files
        if file["reason"] and file["status"] in ("ok", "refused"))
    return dict(sums, files=len(files), reasons=dict(reasons))


def faults_of_run(objects):
    kinds = [value["type"] for value in objects]
    files = [value for value in objects if value["type"] == "file"]
    faults = []
    if files and kinds[-1] != "summary":
        faults.append("the summary is not last")
    if kinds.count("summary") > 1:
        faults.append("there is more than one summary")
    for value in objects[-1:]:
        if value["type"] != "summary" or not files:
            continue
        for key, wanted in count(files).items():
            if value[key] != wanted:
                faults.append("the summary's %s is %s, not %s"
                              % (key, value[key], wanted))
        warned = collections.Counter(warning["reason"] for file in files
                                     for warning in file["warnings"])
        if warned != {warning["reason"]: warning["files"]
                      for warning in value["warnings"]}:
            faults.append("the summary's warnings are not those of the files")
    for file in files:
        if file["bytes_copied_by_server"] > file["bytes_copied"]:
            faults.append("bytes_copied_by_server is more than bytes_copied")
        if file["bytes"] != file["bytes_cloned"] + file["bytes_copied"]:
            faults.append("bytes is not bytes_cloned and bytes_copied")
    return faults


def judge(validator, name):
    with open(name, "rb") as file:
        data = file.read()
    objects = []
    faults = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [name + ": " + str(error)]
    if not text.endswith("\n"):
        faults.append("nothing, or no line end, at its end")
    for line in text.split("\n")[:-1]:
        found, value = faults_of_line(validator, line)
        faults += [fault + " in " + line for fault in found]
        objects.append(value)
    if not faults:
        faults = faults_of_run(objects)
    return [name + ": " + fault for fault in faults]


def judge_broken(validator, name):
    with open(name, encoding="utf-8") as file:
        return ["not rejected: " + line for line in file
                if not faults_of_line(validator, line.rstrip("\n"))[0]]


def main(words):
    how = judge
    if words[0] == "--broken":
        how = judge_broken
        words = words[1:]
    with open(words[0], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = [fault for name in words[1:] for fault in how(validator, name)]
    for fault in faults:
        print(fault.encode("utf-8", "replace").decode("utf-8"))
    return 1 if faults else 0


sys.exit(main(sys.argv[1:]))
