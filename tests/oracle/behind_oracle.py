#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two lines without loss, the second 1 ms to 10 s behind, at 100,000 to 1,000,000 messages a second: bars, revisions and
fires are those of one line, and the generator's prints; nothing is lost, nothing begins anew.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... behind_oracle.py"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import differential_kit  # noqa: E402  pylint: disable=wrong-import-position
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

# venues, messages, seconds, lag
CASES = [("itch", "100k", 1, "1ms"), ("itch", "1M", 1, "20ms"), ("iex", "300k", 3, "1s"), ("pillar", "300k", 3, "10s"),
         ("itch,iex,pillar", "1M", 1, "10s,200ms")]
STREAMS = ("bars", "revisions", "fires")


def replay(tmp, name, files):
    outputs = [x for s in STREAMS for x in (f"--{s}", f"{tmp}/{name}.{s}.csv")]
    kit.replay(files, *outputs, "--summary", f"{tmp}/{name}.json")
    return kit.summary(f"{tmp}/{name}.json")


def check(tmp, venues, messages, seconds, lag):
    case = f"{venues}, {messages} messages in {seconds} s, second line {lag} behind"
    subprocess.run([kit.program("MARKETGEN_BIN"), "--out", f"{tmp}/m", "--venues", venues, "--lines", "AB", "--lag", lag,
                    "--instruments", "100", "--messages", messages, "--duration", f"{seconds}s", "--start", "10:00"], check=True, stderr=subprocess.DEVNULL)
    truth = json.loads(pathlib.Path(tmp + "/m.truth.json").read_text(encoding="ascii"))
    files = [[f"{tmp}/{line['file']}" for line in s["lines"]] for s in truth["streams"].values()]
    one, both = replay(tmp, "one", [f[0] for f in files]), replay(tmp, "both", [x for f in files for x in f])
    for s in STREAMS:
        if one[f"sha256_{s}"] != both[f"sha256_{s}"]:
            kit.fail(f"{case}: {s} are not those of one line")
    for what in ("gap_messages", "sequence_restarts", "session_changes"):
        if both["ledger"][what]:
            kit.fail(f"{case}: {what} {both['ledger'][what]}")
    wanted = sum(s["messages"] for s in truth["streams"].values())
    if sum(c["messages"] for c in both["channels"]) != wanted:
        kit.fail(f"{case}: {[c['messages'] for c in both['channels']]} messages, wanted {wanted}")
    prints, _ = differential_kit.read_prints(tmp + "/m.trades.csv")
    if one["ledger"]["breaks"] == 0:
        volume = sum(p.shares for p in prints)
        with open(f"{tmp}/both.bars.csv", encoding="ascii") as f:
            got = sum(int(row.split(",")[9]) for row in f if row.split(",")[1] == "5m")
        if got != volume:
            kit.fail(f"{case}: volume {got}, wanted {volume}")
    print(f"{case}: {both['bars']} bars, {both['frames']} frames, {wanted} messages, {len(kit.failures)} failures so far", flush=True)


def main():
    for case in CASES:
        with tempfile.TemporaryDirectory() as tmp:
            check(tmp, *case)
    kit.finish("behind")


if __name__ == "__main__":
    main()
