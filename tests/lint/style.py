#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Small rooms: file and function length, SPDX lines, white space, no marks of unfinished work."""
import os
import re
import subprocess
import sys

ROOT = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
FILE_LINES, FUNCTION_LINES, COLUMNS = 500, 70, 132
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def files():
    try:
        out = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        print("not a git checkout: skipped")
        sys.exit(77)
    return [f for f in out if f.endswith((".c", ".h", ".cc", ".def", ".py", ".sh"))]


def functions(lines):
    """Top-level bodies in this style start with a brace in the first column."""
    start = None
    for n, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = n
        elif line.startswith("}") and start:
            yield start, n - start
            start = None


def main():
    bad = []
    for path in files():
        full = os.path.join(ROOT, path)
        if not os.path.exists(full):
            continue
        text = open(full, encoding="utf-8").read()
        lines = text.split("\n")
        product = path.startswith(("app/", "drivers/", "lcore/", "conf/"))
        if path.endswith((".c", ".h")) and "SPDX-License-Identifier" not in lines[0]:
            bad.append(f"{path}:1: no SPDX line")
        if path.endswith((".c", ".h")) and product and len(lines) > FILE_LINES:
            bad.append(f"{path}: {len(lines)} lines, more than {FILE_LINES}")
        if path.endswith(".c") and product:
            bad += [f"{path}:{n}: a function of {size} lines" for n, size in functions(lines) if size > FUNCTION_LINES]
        for n, line in enumerate(lines, 1):
            if line != line.rstrip():
                bad.append(f"{path}:{n}: white space at the end")
            if path.endswith((".c", ".h")) and len(line.expandtabs(8)) > COLUMNS + 20:
                bad.append(f"{path}:{n}: {len(line.expandtabs(8))} columns")
            if MARKS.search(line):
                bad.append(f"{path}:{n}: a mark of unfinished work")
    print("\n".join(bad) or "clean")
    return 1 if bad else 0


sys.exit(main())
