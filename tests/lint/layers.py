#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Includes point down only, rooms of one floor meet in lcore/base, and DPDK stays above floor 2. What is private to an
lcore is seen by its own files only."""
import os
import re
import sys

ROOT = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
FLOOR = {"lcore/base": 0, "drivers/feed": 1, "drivers/member": 1, "drivers/wire": 1, "lcore/book": 1, "conf": 1, "drivers/receiver": 2, "lcore/model": 2, "lcore/trade": 2, "lcore/super": 2, "drivers/nic": 3,
         "drivers/recovery": 3, "drivers/journal": 3, "drivers/sink": 3, "drivers/replay": 3, "lcore/stage": 4, "app": 5}
PURE = 2  # no DPDK up to this floor
# Pure rooms that see fewer than all below them: neither drivers nor the configuration, whose values are arguments there.
# What joins them is a matter of lcore/stage.
SEES = {"lcore/model": {"lcore/base", "lcore/book"}, "lcore/super": {"lcore/base"}, "lcore/book": {"lcore/base"},
        "lcore/trade": {"lcore/base", "lcore/book"}}
LISTS = {("lcore/trade", "conf/limits.def")}  # a list of rows is no room
# The DPDK half of the port contract: a header that both makers of ports share.
SIDEWAYS = {("drivers/replay", "drivers/nic/rxtime.h")}
# Headers of an lcore's private state, and who may see them, also through other headers: the rooms and the stage that own
# them, and what sizes and makes them at boot. All others read lcore/stage/lcore_shared.h, as another process must.
PRIVATE = {"drivers/receiver/receiver.h", "lcore/model/engine.h", "lcore/stage/ingest_parts.h"}
PRIVATE_OWNERS = ("drivers/receiver/", "lcore/model/", "lcore/stage/ingest", "lcore/stage/relays", "lcore/stage/wants")
# What happens at one place only: orders leave where the kill flag is read last.
SOLE = {"sink.send(": "lcore/trade/desk_send.c"}
# What a step may not ask, as another answer would come when it is done once more (lcore_room): who asks beside steps.
BESIDE_STEPS = {"link_room(": {"lcore/stage/link.c", "lcore/stage/link.h", "lcore/stage/stage.h", "lcore/stage/echo.c"}}
PRIVATE_BOOT = {"app/wirebar/boot.c", "app/wirebar/plant_bytes.c"}


def peeks(path, includes, way=()):
    """The chain of includes by which a file sees private state; empty: it does not."""
    for target in includes.get(path, ()):
        if target in PRIVATE:
            return (*way, path, target)
        if target not in way and (found := peeks(target, includes, (*way, path))):
            return found
    return ()


def room(path):
    best = max((r for r in FLOOR if path.startswith(r + "/")), key=len, default=None)
    return best


def main():
    bad, seen, includes, sole = [], 0, {}, []
    for top in ("app", "drivers", "lcore", "conf"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if not name.endswith((".c", ".h", ".def")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), ROOT)
                here = room(path)
                seen += 1
                for n, line in enumerate(open(os.path.join(ROOT, path)), 1):
                    sole += [(words, path, n) for words in SOLE if words in line and "//" not in line]
                    bad += [f"{path}:{n}: {words}: a step asks lcore_room" for words, may in BESIDE_STEPS.items()
                            if words in line and path not in may]
                    m = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
                    if not m:
                        continue
                    quote, target = m.groups()
                    if quote == "<":
                        if target.startswith("rte_") and FLOOR[here] <= PURE:
                            bad.append(f"{path}:{n}: {target}: no DPDK on floor {FLOOR[here]}")
                        continue
                    includes.setdefault(path, []).append(target)
                    there = room(target)
                    if there is None:
                        bad.append(f"{path}:{n}: {target}: includes are root-relative")
                    elif there != here and (here, target) not in SIDEWAYS and FLOOR[there] >= FLOOR[here]:
                        bad.append(f"{path}:{n}: {target}: floor {FLOOR[here]} may not include floor {FLOOR[there]}")
                    elif there != here and there not in SEES.get(here, {there}) and (here, target) not in LISTS:
                        bad.append(f"{path}:{n}: {target}: {here} sees only {', '.join(sorted(SEES[here]))}")
    for path in includes:
        chain = () if path.startswith(PRIVATE_OWNERS) or path in PRIVATE_BOOT else peeks(path, includes)
        if chain:
            bad.append(f"{path}: sees an lcore's private state: {' -> '.join(chain)}; read lcore/stage/lcore_shared.h instead")
    for words, home in SOLE.items():
        places = [(path, n) for w, path, n in sole if w == words]
        if [path for path, _ in places] != [home]:
            bad.append(f"{words} must be called once, in {home}: {places}")
    print("\n".join(bad) or f"{seen} files, all includes point down")
    return 1 if bad or not seen else 0


sys.exit(main())
