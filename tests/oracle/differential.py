#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hundreds of small generated markets, each another one by its seed: venues, lines, lag, loss, swaps, copies, damage, halts,
breaks, restarts, sessions, strangers, dates, times of day, lateness, holding times. For each:

  truth    nothing lost: the bars, after all revisions, are those of the generator's prints, no row is GAP or BOOK_SUSPECT
  flags    something lost: a row that lost a print is GAP; a row that is neither GAP nor BOOK_SUSPECT is true; no GAP
           where nothing may have been lost
  one hash whatever burst, budget, lcores, pacing, order of files, watch list, container of the packets; and of line A
           alone, where neither the lines nor line A lost anything
  ends     a balanced ledger always; exit 0 exactly where nothing was lost

Silent but for failures: one line for each seed, with the command that shows it again.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... differential.py [--seeds N | --seconds T | --hours T] [--from SEED] [--kind K]
       [--only TEXT] [--without TEXT] [--verbose] [--keep DIR]"""
import argparse
import gzip
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import differential_kit as kit  # noqa: E402  pylint: disable=wrong-import-position
from differential_rows import Rows  # noqa: E402  pylint: disable=wrong-import-position

TABLES = [x for k, v in (("instruments", 64), ("orders", 65536), ("levels", 65536), ("prints", 65536), ("watch_max", 8),
                         ("history", 16)) for x in ("--set", f"bars.{k}={v}")]
STREAMS = ("bars", "revisions", "fires")
DATES = ("2026-03-10", "2026-03-09", "2026-11-02", "2025-10-31", "2024-02-29", "2026-03-08", "2025-11-02", "2025-12-31")
STARTS = ("09:29:50", "09:29:30", "09:31", "08:12:07", "04:00", "10:00", "12:59:58", "15:59:40", "15:58", "16:00:01", "19:58:30",
          "19:59:30", "18:00", "03:59:30")
LOSSES = ("messages_no_symbol", "messages_before_join", "prints_unknown_order", "breaks_unknown", "breaks_forgotten", "symbol_gap_messages",
          "packets_stranger", "messages_short", "messages_bad_value", "prints_no_room", "frames_bad_transport", "late_messages",
          "session_changes", "sequence_restarts")


class Scenario:
    """What a seed stands for. `market` makes the market, `lines` what its lines do, `options` the replay."""

    def __init__(self, seed, kind):
        r = self.rng = random.Random(seed)
        self.seed, self.kind = seed, kind or r.choices(("plain", "lossy", "behind", "deadline", "numbers"), (3, 4, 3, 2, 3))[0]
        venues = r.sample(("itch", "iex", "pillar"), r.choices((1, 2, 3), (4, 3, 3))[0])
        self.hold_ns, self.hold_packets, self.verify = kit.S // 10, 1024, False
        self.market = ["--seed", seed, "--instruments", r.choice((1, 2, 3, 5, 9, 14)), "--messages", r.choice((300, 900, 2500, 5000)),
                       "--duration", r.choice(("7s", "20s", "45s", "90s", "3m")), "--date", r.choice(DATES), "--start", r.choice(STARTS),
                       "--halts", r.choice((0, 0, 0.3, 1)), "--breaks", r.choice((0, 0, 0.02, 0.3)), "--corrections", r.choice((0, 0.5, 1)),
                       "--prints", r.choice((0, 0.1, 0.4))]
        if r.random() < 0.25:
            self.market += ["--late", r.choice((0.02, 0.2)), "--late-by", r.choice(("100ms", "2s", "12s"))]
        self.lines, self.options = [], []
        getattr(self, self.kind)(r)
        self.market += ["--venues", ",".join(self.venues_of(r, venues))]
        if r.random() < 0.25:
            self.options += ["--lateness", r.choice(("0", "2s", "IEX=1s,ITCH=5ms", "IEX=15s"))]
        if r.random() < 0.3:
            self.lines += ["--vlan", 7]
        self.micro = "--micro" in self.lines or r.random() < 0.2
        self.lines += ["--micro"] if self.micro and "--micro" not in self.lines else []
        self.options += ["--set", f"feed.hold={self.hold_ns}ns", "--set", f"feed.hold_packets={self.hold_packets}"]
        if self.verify:
            self.options += ["--checksum", "verify"]

    def venues_of(self, r, venues):
        return [r.choice(venues)] if self.kind == "deadline" else venues

    def plain(self, r):
        self.lines = r.choice(([], ["--lines", "AB"], ["--lines", "AB", "--dup", 0.1]))

    def lossy(self, r):
        self.lines = ["--lines", r.choice("A AB AB".split()), "--loss", r.choice((0.005, 0.03, 0.2))]
        for fault, shares in (("--dup", (0, 0.1)), ("--reorder", (0, 0, 0.05)), ("--swap", (0, 0.1, 0.5)), ("--corrupt", (0, 0, 0.02))):
            share = r.choice(shares)
            self.lines += [fault, share] if share else []
        self.verify = "--corrupt" in self.lines and r.random() < 0.8
        self.hold_ns = r.choice((kit.S // 1000, kit.S // 10, kit.S, 20 * kit.S))
        self.hold_packets = r.choice((1024, 1024, 1024, 4))
        if self.hold_ns > kit.S:
            self.options += ["--set", "bars.silence=60s"]

    def behind(self, r):
        self.lines = ["--lines", "AB", "--lag", r.choice(("250us", "1ms", "20ms", "300ms", "1s", "2500ms", "10s", "1s,3ms", "5s,1s"))]
        if r.random() < 0.4:
            self.lines += ["--loss", r.choice(("0.05", "0,0.2", "0.2,0"))]
        if r.random() < 0.3:
            self.lines += ["--swap", "0.2"]
        self.hold_ns = r.choice((kit.S // 10, kit.S))

    def deadline(self, r):
        """A hole's time is up exactly at a frame: captures in microseconds, a heartbeat each second, held for one."""
        self.market[4:8] = ["--messages", r.choice((300, 600)), "--duration", r.choice(("90s", "5m"))]
        self.lines = ["--loss", r.choice((0.1, 0.2)), "--micro"] + (["--lines", "AB"] if r.random() < 0.3 else [])
        self.hold_ns = kit.S

    def numbers(self, r):
        self.lines = ["--lines", r.choice(("A", "AB"))]
        what = r.choice(("restarts", "sessions", "both", "strangers", "all"))
        if what in ("restarts", "both", "all"):
            self.market += ["--restarts", r.choice((1, 2, 5))]
        if what in ("sessions", "both", "all"):
            self.market += ["--sessions", r.choice((2, 4))]
        if what in ("strangers", "all"):
            self.lines += ["--strangers", r.choice((0.01, 0.2))]
        if r.random() < 0.3:
            self.lines += ["--loss", 0.02]
        if self.lines[1] == "AB" and r.random() < 0.5:
            self.lines += ["--lag", r.choice(("1ms", "300ms", "2s"))]

    def variants(self, files, args):
        """What must not matter. Each: its name, the files, the options."""
        r, n = self.rng, len(files)
        out = [("burst 1", files, ["--burst", 1]), ("burst 3", files, ["--burst", 3]), ("burst 256", files, ["--burst", 256]),
               ("budget 1", files, ["--set", "bars.seal_budget=1"]), ("budget 4096", files, ["--set", "bars.seal_budget=4096"]),
               ("paced", files, ["--speed", "1000x"]), ("watched", files, ["--watch", "SPY,AAPL,QQQ"]), ("pcapng", "pcapng", []),
               ("one pcapng", "one", []), ("gzip", "gzip", [])]
        if n > 1:
            out += [("reversed", files[::-1], []), ("reversed, burst 1", files[::-1], ["--burst", 1])]
            out += [("2 lcores", files, ["--ingest-lcores", 2])] * 2 + [("2 lcores, reversed", files[::-1], ["--ingest-lcores", 2])]
            out += [("2 lcores, burst 1, budget 1", files, ["--ingest-lcores", 2, "--burst", 1, "--set", "bars.seal_budget=1"])]
        if n > 2:
            out += [("3 lcores", files, ["--ingest-lcores", 3]), ("3 lcores, shuffled", r.sample(files, n), ["--ingest-lcores", 3])]
        picked = out[:1] + [out[2]] if self.kind == "deadline" else []
        wanted = [v for v in out if (args.only or "") in v[0] and not (args.without and args.without in v[0])]
        return [v for v in picked if v in wanted] + r.sample(wanted, min(4 - len(picked), len(wanted)))


def write_pcapng(path, captures):
    """One interface for each capture; records in the order of their times."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
        for _ in captures:
            f.write(struct.pack("<IIHHIHHBxxxHHI", 1, 32, 1, 0, 65535, 9, 1, 9, 0, 0, 32))
        for t, i, _, frame in sorted(((t, i, j, b) for i, c in enumerate(captures) for j, (t, b) in enumerate(kit.records(c))),
                                     key=lambda r: r[:3]):
            pad = -len(frame) % 4
            f.write(struct.pack("<IIIIIII", 6, 32 + len(frame) + pad, i, t >> 32, t & 0xFFFFFFFF, len(frame), len(frame)))
            f.write(frame + b"\0" * pad + struct.pack("<I", 32 + len(frame) + pad))


def contained(how, files, tmp):
    if how == "one":
        write_pcapng(f"{tmp}/one.pcapng", files)
        return [f"{tmp}/one.pcapng"]
    out = []
    for i, file in enumerate(files):
        out.append(f"{tmp}/c{i}." + ("pcapng" if how == "pcapng" else "pcap.gz"))
        if how == "pcapng":
            write_pcapng(out[-1], [file])
        else:
            with gzip.open(out[-1], "wb", 1) as f:
                f.write(pathlib.Path(file).read_bytes())
    return out


class Driver:
    def __init__(self, tmp, args):
        self.args = args
        self.tmp, self.failures, self.seeds, self.runs, self.kinds = tmp, 0, 0, 0, {}
        self.wirebar, self.marketgen = os.environ["WIREBAR_BIN"], os.environ["MARKETGEN_BIN"]
        self.env = {**os.environ, "RUNTIME_DIRECTORY": os.environ.get("RUNTIME_DIRECTORY", tmp)}
        self.bad = []

    def fail(self, what, command=()):
        self.bad.append((what, " ".join(map(str, command))))

    def generate(self, name, options):
        command = [self.marketgen, "--out", f"{self.tmp}/{name}", *options]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            self.fail("marketgen: " + done.stderr.strip(), command)
            return None, []
        truth = json.loads(pathlib.Path(f"{self.tmp}/{name}.truth.json").read_text(encoding="ascii"))
        return truth, {v: [f"{self.tmp}/{line['file']}" for line in s["lines"]] for v, s in truth["streams"].items()}

    def replay(self, name, files, options):
        """Exit code, summary (None: there is none), command."""
        out = f"{self.tmp}/{name}"
        pathlib.Path(out + ".json").unlink(missing_ok=True)
        command = [self.wirebar, "replay", *files, *TABLES, "--fill", "--quiet", "--file-prefix", f"wbdiff{os.getpid()}", "--summary",
                   out + ".json", *(x for s in STREAMS for x in (f"--{s}", f"{out}.{s}.csv")), *map(str, options)]
        self.runs += 1
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.env, timeout=60)
        except subprocess.TimeoutExpired:
            self.fail("no end within 60 s", command)
            return None, None, command
        try:
            summary = json.loads(pathlib.Path(out + ".json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            summary = None
        if summary is None and not (done.returncode in (1, 2) and done.stderr.strip()):
            self.fail(f"exit {done.returncode} without a summary: {done.stderr.strip()[-200:]}", command)
        if summary and not summary["ledger_balanced"]:
            self.fail("ledger not balanced", command)
        return done.returncode, summary, command

    def seed(self, seed, kind):
        self.bad = []
        s = Scenario(seed, kind)
        truth, files = self.generate("m", [*s.market, *s.lines])
        if truth is not None:
            flat = [f for lines in files.values() for f in lines]
            code, first, command = self.replay("o", flat, s.options)
            if first is not None:
                self.variants(s, flat, code, first)
                self.compare(s, truth, files, code, first, command)
            elif code is not None:
                self.fail(f"refused, exit {code}", command)
        self.seeds += 1
        counts = self.kinds.setdefault(s.kind, [0, 0])
        counts[0] += 1
        counts[1] += bool(self.bad)
        self.failures += bool(self.bad)
        if self.bad:
            print(f"seed {seed} ({s.kind}): {self.bad[0][0]}" + (f" (and {len(self.bad) - 1} more)" if len(self.bad) > 1 else "")
                  + f"; again: {sys.argv[0]} --from {seed} --seeds 1 {'--kind ' + kind + ' ' if kind else ''}--verbose --keep DIR", flush=True)
        if self.bad and self.args.verbose:
            print("    marketgen", *s.market, *s.lines)
            for what, how in self.bad:
                print(f"    {what}\n        {how}", flush=True)

    def variants(self, s, flat, code, first):
        for name, files, options in s.variants(flat, self.args):
            if isinstance(files, str):
                files = contained(files, flat, self.tmp)
            got_code, got, command = self.replay("v", files, [*s.options, *options])
            if got is None:
                if "lcores" not in name and got_code is not None:
                    self.fail(f"{name}: refused, exit {got_code}", command)
                continue
            differ = [x for x in STREAMS if got[f"sha256_{x}"] != first[f"sha256_{x}"]]
            if differ or got_code != code or got["gap_messages"] != first["gap_messages"]:
                self.fail(f"{name}: {', '.join(differ) or 'no stream'} differ, exit {got_code} and {code}, lost "
                          f"{got['gap_messages']} and {first['gap_messages']}", command)

    def compare(self, s, truth, files, code, first, command):
        clean_truth, clean = self.generate("w", s.market)
        if clean_truth is None:
            return
        streams = {v: kit.Stream(v, f[0], truth["midnight_ns"]) for v, f in clean.items()}
        heard = {v: kit.Heard(streams[v], files[v], s.hold_ns, s.hold_packets, s.verify) for v in files}
        damaged = any(line["packets_corrupted"] for t in truth["streams"].values() for line in t["lines"])
        strangers = sum(h.strangers for h in heard.values())
        s.pause_ns = max(kit.pause_ns(line) for lines in files.values() for line in lines)
        if damaged and not s.verify:
            return  # whatever became of it, it was one output
        if any(h.unproven for h in heard.values()):
            return  # one output, and whether it is believed depends on what came around it: exit 0, or 3 and told
        if all(h.clean for h in heard.values()):
            want = 3 if damaged or strangers else 0
            if code != want or first["gap_messages"]:
                self.fail(f"exit {code}, wanted {want}; {first['gap_messages']} messages lost, wanted 0; "
                          + str({k: v for k, v in first["ledger"].items() if v and k in LOSSES}), command)
            self.rows(s, heard, command, True)
            self.one_line(s, streams, files, heard, first)
        elif not any(h.head for h in heard.values()):
            lost, may = (sum(len(getattr(h, x)) for h in heard.values()) for x in ("lost", "doubtful"))
            if lost and code != 3:
                self.fail(f"exit {code}, {lost} messages lost", command)
            if not lost <= first["gap_messages"] <= lost + may:
                self.fail(f"{first['gap_messages']} messages lost, wanted {lost} to {lost + may}", command)
            if not any(h.stream.directory & (h.lost | h.doubtful) for h in heard.values()):
                self.rows(s, heard, command, False)

    def one_line(self, s, streams, files, heard, first):
        """Line A alone, where it has all: the same."""
        if not any(len(f) > 1 for f in files.values()) or any(h.damaged for h in heard.values()):
            return
        alone = {v: kit.Heard(streams[v], f[:1], s.hold_ns, s.hold_packets, s.verify) for v, f in files.items()}
        # A line that is silent for long, for what it lost or for what overtook it, may rightly be STALE alone.
        silent = max(kit.pause_ns(f[0]) for f in files.values())
        if silent < 3 * kit.S // 2 and all(h.clean for h in alone.values()):
            _, got, command = self.replay("v", [f[0] for f in files.values()], s.options)
            differ = [x for x in STREAMS if got and got[f"sha256_{x}"] != first[f"sha256_{x}"]]
            if differ:
                self.fail(f"line A alone: {', '.join(differ)} differ", command)

    def rows(self, s, heard, command, clean):
        check = Rows(self.tmp, heard, s)
        for what in check.all(clean):
            self.fail(what, command)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--from", dest="first", type=int, default=1)
    p.add_argument("--seeds", type=int)
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--hours", type=float)
    p.add_argument("--kind", choices=("plain", "lossy", "behind", "deadline", "numbers"))
    p.add_argument("--verbose", action="store_true", help="all that failed, with its commands")
    p.add_argument("--only", help="only variants whose name holds this, such as lcores")
    p.add_argument("--without", help="no variants whose name holds this")
    p.add_argument("--keep", help="folder for the files of the last seed")
    args = p.parse_args()
    for name in ("WIREBAR_BIN", "MARKETGEN_BIN"):
        if not os.path.exists(os.environ.get(name, "")):
            print(f"skipped: {name} does not name a program")
            sys.exit(77)
    seconds = args.hours * 3600 if args.hours else args.seconds
    with tempfile.TemporaryDirectory() as tmp:
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
        driver, begun, seed = Driver(args.keep or tmp, args), time.monotonic(), args.first
        while (driver.seeds < args.seeds) if args.seeds else (time.monotonic() - begun < seconds):
            driver.seed(seed, args.kind)
            seed += 1
        kinds = ", ".join(f"{k} {bad} of {n}" for k, (n, bad) in sorted(driver.kinds.items()))
        print(f"differential: seeds {args.first} to {seed - 1}, {driver.runs} replays in {time.monotonic() - begun:.0f} s; "
              f"failed: {driver.failures} ({kinds})", flush=True)
        sys.exit(driver.failures > 0)


if __name__ == "__main__":
    main()
