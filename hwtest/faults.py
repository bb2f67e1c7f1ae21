#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/faults.md: its table is made from faults.json, from the logs of the tests that bring each fault about, and from what they have
measured: a test calls seen(KEY, ...), which leaves a line of JSON in BUILD/faults/KEY.json.
Usage: faults.py             is docs/faults.md as it would be made, has each fault that tests know a row, and each row passed? (lint)
       faults.py take BUILD  take the newest results and figures of that build's tests into faults.json, and make docs/faults.md"""
import json
import os
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROWS = HERE / "faults.json"
PAGE = HERE.parent / "docs" / "faults.md"
TESTS = ("hwtest", "tests")
TEST = r"`([a-z_]+)(?:\.py|\.sh)?`"
HEAD = """# Faults that were tried

What was broken on purpose, what should happen, and what did. The tests bring each about again. The table is
made by `hwtest/faults.py take BUILD` from `hwtest/faults.json`, from the logs of that build's tests, and from
the figures that they leave in BUILD/faults. "Passed" is the newest day on which all tests of a row were run
and passed; "measured" are the newest figures of its longest run, on two cpus that other work may share.

| fault | expected | seen | test | passed |
|---|---|---|---|---|
"""


def seen(key, **figures):
    """What a test has measured of a fault, for the table: numbers with their units in the names. Without WIREBAR_BUILD nowhere."""
    if key not in {row["key"] for row in json.loads(ROWS.read_text(encoding="utf-8"))}:
        raise KeyError(f"hwtest/faults.json has no row {key}")
    build = os.environ.get("WIREBAR_BUILD")
    if not build:
        return
    folder = pathlib.Path(build) / "faults"
    folder.mkdir(exist_ok=True)
    figures = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    (folder / f"{key}.json").write_text(json.dumps({"key": key, "date": time.strftime("%Y-%m-%d"), **figures}) + "\n", encoding="utf-8")


def figure(name, value):
    """kill_p50_s = 1.5 is "kill p50 1.5 s"."""
    words = name.split("_")
    unit = " " + words.pop() if words[-1] in ("s", "ms", "us", "mib") else ""
    return f"{' '.join(words)} {value}{unit.replace('mib', 'MiB')}"


def cell(row):
    if "measured" not in row:
        return row["seen"]
    told = ", ".join(figure(k, v) for k, v in row["measured"].items() if k not in ("key", "date"))
    return f"{row['seen']}; measured {row['measured']['date']}: {told}"


def page(rows):
    return HEAD + "".join(f"| {r['fault']} | {r['expected']} | {cell(r)} | {r['test']} | {r.get('passed', 'not yet')} |\n" for r in rows)


def results(build):
    """Name of a test -> was it OK, and the day on which it was run, by the newest of the build's logs."""
    told = {}
    for log in sorted((pathlib.Path(build) / "meson-logs").glob("*.json"), key=lambda p: p.stat().st_mtime):
        for line in log.read_text(encoding="utf-8").splitlines():
            test = json.loads(line)
            told[test["name"].rsplit(" ", 1)[-1]] = (test["result"] == "OK", time.strftime("%Y-%m-%d", time.gmtime(test["starttime"])))
    return told


def named(row):
    """The tests of a row, as meson names them; those that are run by hand leave figures instead."""
    return [re.sub("_test$", "", t) for t in re.findall(TEST, row["test"]) if "by hand" not in row["test"]]


def size(figures):
    """Of the run that they are of: the short one of each day does not replace the long one."""
    return figures.get("kills", figures.get("messages", 0))


def take(build):
    rows = json.loads(ROWS.read_text(encoding="utf-8"))
    told = results(build)
    for row in rows:
        days = [day for ok, day in (told.get(t, (False, "")) for t in named(row)) if ok]
        if days and len(days) == len(named(row)):
            row["passed"] = min(days)
        found = pathlib.Path(build) / "faults" / f"{row['key']}.json"
        new = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {}
        if new and size(new) >= size(row.get("measured", {})):
            row["measured"] = new
        if not named(row) and "measured" in row:
            row["passed"] = row["measured"]["date"]
    ROWS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")


def check():
    rows = json.loads(ROWS.read_text(encoding="utf-8"))
    keys, names, bad = [r["key"] for r in rows], {}, []
    for top in TESTS:
        for path in (HERE.parent / top).rglob("*"):
            if path.suffix in (".py", ".sh", ".cc"):
                names.setdefault(path.stem, []).append(path)
    if PAGE.read_text(encoding="utf-8") != page(rows):
        bad.append("docs/faults.md is not what hwtest/faults.py makes: change hwtest/faults.json, then hwtest/faults.py take BUILD")
    bad += [f"hwtest/faults.json: {k} is there twice" for k in sorted(set(keys)) if keys.count(k) > 1]
    bad += [f"hwtest/faults.json: {r['key']} has not been seen to pass: run its tests, then faults.py take BUILD" for r in rows if not r.get("passed")]
    for r in rows:
        bad += [f"hwtest/faults.json: {r['key']}: no test {t}" for t in re.findall(TEST, r["test"]) if t not in names]
    for paths in names.values():
        for path in paths:
            for key in re.findall(r'faults\.seen\("([a-z_]+)"', path.read_text(encoding="utf-8", errors="replace")):
                bad += [] if key in keys else [f"{path.name}: fault {key} has no row in hwtest/faults.json"]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"] and len(sys.argv) == 3:
        take(sys.argv[2])
    elif len(sys.argv) == 1:
        sys.exit(check())
    else:
        sys.exit(__doc__)
