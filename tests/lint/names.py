#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A file owns its prefix: who reads a name knows the file. Each global function and variable of the product begins with
the name of the file that defines it, a part of that name (chan_fact.c: chan_), the header that declares it, or the last
word of its folder; SHARED has the exceptions."""
import glob
import os
import re
import subprocess
import sys

ROOT = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
ROOMS = ("lcore", "drivers", "conf", "app")
# Prefixes that several files share: prefix -> (files, why).
SHARED = {
    "duelog": (("lcore/model/factlog.c",), "struct duelog: what is due, beside the facts that it is looked up with"),
    "lcore": (("lcore/stage/run.c",), "struct lcore of stage.h: what all stages do alike"),
    "port": (("drivers/nic/rxtime.c",), "the DPDK half of lcore/base/port.h"),
    "touch": (("lcore/book/book.c",), "struct touch of book.h"),
}


def sources():
    """Object name as meson writes it (lcore_model_chan.c.o) -> path."""
    out = {}
    for top in ROOMS:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.relpath(os.path.join(folder, name), ROOT)
                    out[path] = open(os.path.join(ROOT, path), encoding="utf-8").read()
    return out


def defined(build, paths):
    """path -> global symbols that its object defines. Meson names an object by its path below its target's folder."""
    by_object = {path.replace("/", "_"): path for path in paths}
    objects, symbols = {}, {}
    for folder in glob.glob(os.path.join(build, "*.p")) + glob.glob(os.path.join(build, "app", "*", "*.p")):
        base = os.path.relpath(os.path.dirname(folder), build).replace("/", "_")
        for name in os.listdir(folder):
            stem = name[: -len(".o")]
            # A source beside the target's folder: .._wirebar_up_log.c of app/wirebar.
            beside = f"{os.path.dirname(os.path.relpath(os.path.dirname(folder), build)).replace('/', '_')}_{stem[len('.._'):]}"
            path = by_object.get(stem) or by_object.get(f"{base}_{stem}") or (by_object.get(beside) if stem.startswith(".._") else None)
            if name.endswith(".c.o") and path:
                objects[os.path.join(folder, name)] = path
    out = subprocess.run(["nm", "-A", "--defined-only", "-g", *objects], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        full, rest = line.split(":", 1)
        symbols.setdefault(objects[full], set()).add(rest.split()[-1])
    return symbols


def owned(path, declared):
    """The prefixes of a file: its name and the beginnings of it, its headers' names, its folder."""
    stem = os.path.basename(path)[: -len(".c")]
    words = stem.split("_")
    return {"_".join(words[:n]) for n in range(1, len(words) + 1)} | declared | {os.path.basename(os.path.dirname(path))}


def main():
    texts = sources()
    symbols = defined(os.environ["WIREBAR_BUILD"], texts)
    headers = {}  # word -> headers that have it
    for path in (path for path in texts if path.endswith(".h")):
        for word in set(re.findall(r"\w+", texts[path])):
            headers.setdefault(word, []).append(path)
    bad, seen, used = [], 0, set()
    for path, names in sorted(symbols.items()):
        for name in sorted(names):
            if name == "main" or name.startswith("__"):  # the compiler's own, with sanitizers
                continue
            seen += 1
            declared = {os.path.basename(h)[: -len(".h")] for h in headers.get(name, ())
                        if os.path.dirname(h) == os.path.dirname(path)}
            mine = owned(path, declared)
            if any(name == p or name.startswith(p + "_") for p in mine):
                continue
            shared = {p for p, (files, _) in SHARED.items() if name.startswith(p + "_") and path in files}
            used |= shared
            if shared:
                continue
            bad.append(f"{path}: {name}: its file owns {', '.join(sorted(p + '_' for p in mine))}")
    bad += [f"{p}: in the list of shared prefixes, and no file needs it" for p in sorted(set(SHARED) - used)]
    print("\n".join(bad) or f"{seen} names, each of its file")
    return 1 if bad or seen < 400 else 0


sys.exit(main())
