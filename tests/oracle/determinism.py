#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The contract of replays: the same SHA-256 over bars, fires and revisions whatever the burst, the pacing, the sweep's
budget, the order of a stream's lines on the command line, or how many ingest lcores share the venues; messages by type as in the golden files; exit codes.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... determinism.py"""
import collections
import csv
import gzip
import hashlib
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

STREAMS = ("bars", "fires", "revisions")
VARIANTS = {
    "again": [], "burst 1": ["--burst", "1"], "burst 7": ["--burst", "7"], "burst 32": ["--burst", "32"],
    "burst 256": ["--burst", "256"], "budget 1": ["--set", "bars.seal_budget=1"],
    "budget 1, burst 256": ["--set", "bars.seal_budget=1", "--burst", "256"],
    "budget 4096": ["--set", "bars.seal_budget=4096"], "watched": ["--watch", "SPY,QQQ,AAPL,MSFT"],
}


def run(files, tmp, options, want):
    paths = {s: f"{tmp}/{s}.csv" for s in STREAMS}
    outputs = [x for s in STREAMS for x in (f"--{s}", paths[s])]
    kit.replay(files, *outputs, "--summary", f"{tmp}/summary.json", *options, want=want)
    s = kit.summary(f"{tmp}/summary.json")
    for stream, path in paths.items():
        if hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() != s[f"sha256_{stream}"]:
            kit.fail(f"sha256_{stream} is not that of the file")
    if not s["ledger_balanced"]:
        kit.fail(f"{files}: ledger not balanced")
    return s


def same(name, files, tmp, base, variants, want):
    first = run(files, tmp, base, want)
    rows = {s: sum(1 for _ in open(f"{tmp}/{s}.csv", encoding="ascii")) - 1 for s in STREAMS}
    for text, options in variants.items():
        order = files[::-1] if "reversed" in text else files
        got = run(order, tmp, [*base, *options], want)
        for stream in STREAMS:
            if got[f"sha256_{stream}"] != first[f"sha256_{stream}"]:
                kit.fail(f"{name}, {text}: {stream} differ")
        if got["sha256"] != first["sha256"]:
            kit.fail(f"{name}, {text}: {got['sha256']} is not {first['sha256']}")
    print(f"{name}: {rows}, {first['gap_messages']} messages lost: {len(variants) + 1} runs, one hash", flush=True)
    return first, rows


def generated(tmp):
    def make(prefix, *options):
        subprocess.run([kit.program("MARKETGEN_BIN"), "--out", f"{tmp}/{prefix}", *options], check=True,
                       stderr=subprocess.DEVNULL)
        return sorted(str(p) for p in pathlib.Path(tmp).glob(f"{prefix}.*.pcap"))

    small = ["--instruments", "300", "--duration", "50s", "--start", "09:29:30", "--breaks", "0.02"]
    paced = {"paced": ["--speed", "40x"], "reversed": [], "reversed, budget 1": ["--set", "bars.seal_budget=1"]}
    spread = {"two ingest lcores": ["--ingest-lcores", "2"], "two, reversed": ["--ingest-lcores", "2"],
              "two, paced": ["--ingest-lcores", "2", "--speed", "40x"],
              "two, burst 7, budget 1": ["--ingest-lcores", "2", "--burst", "7", "--set", "bars.seal_budget=1"]}
    whole = make("whole", *small, "--messages", "150k", "--lines", "AB")
    _, rows = same("two lines, whole", whole, tmp, [], {**VARIANTS, **paced, **spread}, (0,))
    for stream, n in rows.items():
        if not n:
            kit.fail(f"no {stream}: nothing compared")
    # Faults of both lines at once leave holes; nothing else does.
    faults = make("faulty", *small, "--messages", "150k", "--lines", "AB", "--loss", "0.05", "--dup", "0.02", "--reorder",
                  "0.02", "--seed", "5")
    first, _ = same("two lines, faults", faults, tmp, [], {**VARIANTS, **spread, "paced": paced["paced"]}, (3,))
    if not first["gap_messages"]:
        kit.fail("faults left no hole")
    same("two lines, late", whole, tmp, ["--lateness", "0"], {**VARIANTS, **paced, **spread}, (0,))
    # Three exchanges, each on a line of its own: on one ingest lcore, on two and on three.
    three = make("three", *small, "--messages", "200k", "--venues", "itch,iex,pillar", "--lines", "A")
    more = {f"{n} ingest lcores": ["--ingest-lcores", str(n)] for n in (2, 3)}
    more["3, paced"] = [*more["3 ingest lcores"], "--speed", "40x"]
    same("three venues, whole", three, tmp, [], {"budget 1": VARIANTS["budget 1"], **more}, (0,))
    lossy = make("lossy", *small, "--messages", "200k", "--venues", "itch,iex,pillar", "--lines", "AB", "--loss", "0.05")
    same("three venues, two lines, loss", lossy, tmp, [], {"3 ingest lcores": more["3 ingest lcores"]}, (3,))
    alone = [f for f in faults if ".a." in f]
    same("one line, faults", alone, tmp, [], {**VARIANTS, "reversed": []}, (3,))
    # Both lines whole again: whatever one loses the other has.
    return whole


def types_as_golden(tmp):
    for folder, file, name in (("iex", "iex_sample_DEEP10_20170425_session01.pcap.gz", "DEEP10_20170425_session01"),
                               ("iex", "iex_sample_DEEP10_20170425_sessions02-04_resets.pcap.gz",
                                "DEEP10_20170425_sessions02-04_resets"),
                               ("itch50_file", "SYNTHETIC_ritch_ex20101224.TEST_ITCH_50", "ritch_ex20101224"),
                               ("itch50_file", "nasdaq_20191230_start_1000.itch50", "itch50_20191230_start_1000")):
        with gzip.open(kit.CAPTURES / "golden" / (name + ".csv.gz"), "rt") as f:
            want = collections.Counter(row["type"] for row in csv.DictReader(f))
        # Executions of orders from before its first message have no price: a loss, and told as one.
        s = run([kit.CAPTURES / folder / file], tmp, [], (3,) if "SYNTHETIC_ritch" in file else (0,))
        got = collections.Counter()
        for channel in s["channels"]:
            got.update(channel["message_types"])
        if got != want:
            kit.fail(f"{name}: messages by type {dict(got)}, golden {dict(want)}")
        print(f"{name}: {sum(got.values())} messages by type as in the golden file", flush=True)


def exits(tmp, whole):
    text = pathlib.Path(tmp) / "text.pcap"
    text.write_text("this is no capture, though its name says so\n", encoding="ascii")
    cut = pathlib.Path(tmp) / "cut.pcap"
    cut.write_bytes(pathlib.Path(whole[0]).read_bytes()[:-7])
    conf = pathlib.Path(tmp) / "bad.conf"
    conf.write_text("[bars]\nno_such_key = 1\n", encoding="ascii")
    for text_, want, args in (("a capture cut short", 3, [cut]), ("no such file", 1, [f"{tmp}/absent.pcap"]),
                              ("not a capture", 1, [text]), ("a refused configuration", 1, [whole[0], "--conf", conf]),
                              ("no file", 2, []), ("an unknown option", 2, [whole[0], "--no-such-option"]),
                              ("a value out of range", 2, [whole[0], "--burst", "0"])):
        code, out = kit.replay([], *args, want=None)
        if code != want:
            kit.fail(f"{text_}: exit {code}, wanted {want}: {out[-400:]}")
        elif want in (1, 2) and not out.strip():
            kit.fail(f"{text_}: exit {code} without a word")
    print("exit codes: 7 cases", flush=True)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        exits(tmp, generated(tmp))
        if not (kit.CAPTURES / "golden").is_dir():
            print(f"no captures at {kit.CAPTURES}: real ones skipped")
        else:
            sample = [kit.CAPTURES / "iex" / "iex_sample_DEEP10_20170425_session01.pcap.gz"]
            same("IEX sample", sample, tmp, ["--fill"], {**VARIANTS, "paced": ["--speed", "400x"]}, (0,))
            types_as_golden(tmp)
    kit.finish("determinism")


if __name__ == "__main__":
    main()
