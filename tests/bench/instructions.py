#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions per message, heartbeat, print and row, against recorded ones: a regression guard that no noise moves.

Usage: instructions.py LOAD RECORD [COMPILER ARCH BUILDTYPE SANITIZE]
Counts with valgrind's callgrind what LOAD does inside the product, at two amounts of work; the difference is what one unit
takes. Fails when that is over 5 % away from RECORD in either direction. Figures hold for one compiler and one
architecture, which RECORD names; with others, or without valgrind, it skips (77)."""
import re
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.05
# unit: work, the function that is counted, two amounts, and the word of LOAD's answer that counts units
UNITS = {
    "message": ("messages", "rig_push", 10000, 30000, "messages"),
    "beat": ("beats", "rig_push", 6400, 19200, "beats"),
    "print": ("rows", "rig_apply", 60, 180, "prints"),
    "row": ("rows", "rig_seal", 60, 180, "rows"),
}


def count(load, work, function, amount, word):
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out.name, "--toggle-collect=" + function, load,
                              work, str(amount)], capture_output=True, text=True, timeout=300)
    if run.returncode:
        sys.exit("instructions: %s %s %s failed:\n%s" % (load, work, amount, run.stderr))
    collected = int(re.search(r"Collected\s*:\s*(\d+)", run.stderr).group(1))
    return collected, int(re.search(word + r"=(\d+)", run.stdout).group(1))


def recorded(path):
    figures, made_with = {}, None
    for line in open(path):
        words = line.split("#")[0].split()
        if words and words[0] == "with":
            made_with = words[1:]
        elif words:
            figures[words[0]] = float(words[1])
    return figures, made_with


def main():
    load, record, build = sys.argv[1], sys.argv[2], sys.argv[3:]
    figures, made_with = recorded(record)
    if build and build != made_with:
        print("skipped: figures are for %s, this build is %s" % (" ".join(made_with), " ".join(build)))
        return 77
    if not shutil.which("valgrind"):
        print("skipped: needs valgrind (apt-get install valgrind)")
        return 77
    bad = 0
    for unit, (work, function, low, high, word) in UNITS.items():
        (few, n_few), (many, n_many) = (count(load, work, function, n, word) for n in (low, high))
        now = (many - few) / (n_many - n_few)
        was = figures.get(unit)
        off = None if was is None else now / was - 1
        print("%-8s %8.1f instructions, recorded %s" % (unit, now, "nothing" if was is None else "%.1f (%+.1f %%)" % (was, 100 * off)))
        bad += off is None or abs(off) > TOLERANCE
    if bad:
        print("Over %.0f %% away from what is recorded. If that is meant, put the new figure into tests/bench/instructions.txt, with "
              "the reason behind it and in the commit." % (100 * TOLERANCE))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
