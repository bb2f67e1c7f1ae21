#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hugepages for one test: reserved, mounted where it says, given back. Skips it (77) where they are not to be had.
Usage: hugepages.py COMMAND...   runs a command with them mounted at $WIREBAR_HUGE"""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

PAGES = 256  # of 2 MiB


def skip(text):
    print(f"skipped: {text}", flush=True)
    sys.exit(77)


@contextlib.contextmanager
def hugepages(directory, pages=PAGES):
    """Reserves pages and mounts them for this test alone."""
    if os.geteuid():
        skip("needs root (hugepages)")
    knob = pathlib.Path("/proc/sys/vm/nr_hugepages")
    before = int(knob.read_text(encoding="ascii"))
    mounted = False
    try:
        knob.write_text(str(before + pages), encoding="ascii")
        if int(knob.read_text(encoding="ascii")) < before + pages:
            skip(f"no room for {pages} hugepages")
        mounted = subprocess.run(["mount", "-t", "hugetlbfs", "none", directory], check=False, stderr=subprocess.DEVNULL).returncode == 0
        if not mounted:
            skip("cannot mount hugetlbfs")
        yield
    except OSError as e:
        skip(f"cannot reserve hugepages: {e}")
    finally:
        if mounted:
            for f in pathlib.Path(directory).iterdir():
                f.unlink()
            subprocess.run(["umount", "-l", directory], check=False)  # who is being killed may have it still
        knob.write_text(str(before), encoding="ascii")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    if not sys.argv[1:]:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as tmp, hugepages(tmp):
        code = subprocess.run(sys.argv[1:], env=dict(os.environ, WIREBAR_HUGE=tmp), check=False).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
