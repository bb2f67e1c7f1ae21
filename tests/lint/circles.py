#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Files call down only: no circle of calls between the files of the libraries, as their objects say (nm). The engine's
files call down the list in lcore/model/engine.h."""
import os
import re
import subprocess
import sys


def calls(folders):
    """file -> {file it calls: by what}, from the global symbols of all objects."""
    objects = [os.path.join(d, n) for d in folders for n in sorted(os.listdir(d)) if n.endswith(".c.o")]
    home, wanted, out = {}, {}, {}
    for line in subprocess.run(["nm", "-A"] + objects, capture_output=True, text=True, check=True).stdout.splitlines():
        path, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        name = os.path.basename(path)[: -len(".c.o")]
        wanted.setdefault(name, set())
        if kind in "TDRBC":
            home[symbol] = name
        elif kind == "U":
            wanted[name].add(symbol)
    for name, names in wanted.items():
        out[name] = {}
        for symbol in sorted(names):
            if home.get(symbol, name) != name:
                out[name].setdefault(home[symbol], []).append(symbol)
    return out


def reach(graph, start):
    seen, todo = set(), [start]
    while todo:
        for there in graph.get(todo.pop(), ()):
            if there not in seen:
                seen.add(there)
                todo.append(there)
    return seen


def against_list(graph):
    """Calls that go up the list of the engine's files, and files of it that there are not."""
    source = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
    with open(os.path.join(source, "lcore", "model", "engine.h"), encoding="utf-8") as f:
        order = ["lcore_model_" + name for name in re.findall(r"^//   (\w+)\.c  ", f.read(), re.M)]
    bad = [f"{name}: in the list of engine.h, but no file" for name in order if name not in graph]
    if len(order) < 10:
        bad.append("found no list of files in engine.h")
    place = {name: at for at, name in enumerate(order)}
    for name in order:
        bad += [f"{name} calls {there}, which stands above it in engine.h: {', '.join(by)}"
                for there, by in sorted(graph.get(name, {}).items()) if place.get(there, len(order)) < place[name]]
    return bad


def main():
    build = os.environ["WIREBAR_BUILD"]
    graph = calls([os.path.join(build, d) for d in ("libpure.a.p", "libplain.a.p", "libfast.a.p")])
    ways = {name: reach(graph, name) for name in graph}
    bad, told = against_list(graph), set()
    for name in sorted(graph):
        circle = {other for other in ways[name] if name in ways[other]}
        if not circle or name in told:
            continue
        told |= circle
        for one in sorted(circle):
            bad += [f"{one} calls {there}: {', '.join(by)}" for there, by in sorted(graph[one].items()) if there in circle]
    print("\n".join(bad) or f"{len(graph)} files, no circle")
    return 1 if bad or len(graph) < 50 else 0


sys.exit(main())
