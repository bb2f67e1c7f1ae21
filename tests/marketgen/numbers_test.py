# SPDX-License-Identifier: BSD-3-Clause
"""What marketgen does to numbers, lines and files: restarts, sessions, a line behind, swapped neighbours, strangers; the
end of trading; markets where nothing may trade; outputs that would fall into one file.
Usage: numbers_test.py MARKETGEN"""
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from collections import Counter

import capture
import replica

MARKETGEN = None
VENUES = ("itch", "iex", "pillar")


def run(*options, timeout=60):
    return subprocess.run([MARKETGEN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


def generate(folder, *options):
    prefix = os.path.join(folder, "m")
    done = run("--out", prefix, "--venues", ",".join(VENUES), *options)
    assert done.returncode == 0, done.stderr
    with open(prefix + ".truth.json") as f:
        return prefix, json.load(f)


def rows(prefix, name="trades"):
    with open(f"{prefix}.{name}.csv", newline="") as f:
        return list(csv.DictReader(f))


def numberings(path, venue):
    """The messages of each numbering, cut where the packets' numbers fall back; packets that come again say nothing new."""
    out, names = [], []
    for packet in capture.read(path, venue):
        name = getattr(packet, "session", None)
        if not out or (packet.sequence == 1 and packet.count and len(out[-1]) > 1) or name != names[-1]:
            out.append({})
            names.append(name)
        for i, message in enumerate(packet.messages):
            assert out[-1].setdefault(packet.sequence + i, message) == message
    for messages in out:
        assert sorted(messages) == list(range(1, len(messages) + 1))
    return [[m[n] for n in sorted(m)] for m in out], names


class Numbers(unittest.TestCase):
    OPTIONS = ("--messages", "30k", "--instruments", "20", "--duration", "1m", "--lines", "AB", "--halts", "0.5", "--breaks", "0.05")

    def check(self, restarts, sessions):
        with tempfile.TemporaryDirectory() as folder:
            prefix, told = generate(folder, *self.OPTIONS, "--restarts", str(restarts), "--sessions", str(sessions))
            for venue in VENUES:
                stream = told["streams"][venue]
                self.assertEqual(len(stream["restarts"]), restarts + sessions - 1)
                self.assertEqual(sum(r["session"] for r in stream["restarts"]), sessions - 1)
                starts = [0] + [r["messages_before"] for r in stream["restarts"]] + [stream["messages"]]
                for letter in "ab":
                    parts, names = numberings(f"{prefix}.{venue}.{letter}.pcap", venue)
                    self.assertEqual([len(p) for p in parts], [b - a for a, b in zip(starts, starts[1:])])
                    self.assertEqual(len(set(names)), 1 if venue == "pillar" else sessions)
                kinds = Counter(capture.kind_of(m, venue) for part in parts for m in part)
                self.assertEqual(dict(kinds), stream["by_type"])
                if venue == "itch":
                    self.books(prefix, told, parts)

    def books(self, prefix, told, parts):
        """Each numbering stands for itself: no order of an earlier one is named again. Breaks are of prints of the day."""
        prints, found = {}, []
        for part in parts:
            book = replica.Itch(told["midnight_ns"])
            book.prints = prints
            for message in part:
                book.message(message)
            found += book.rows
        want = [(r["symbol"], int(r["ts_ns"]), int(r["price_e6"]), int(r["shares"]), r["kind"], int(r["match"]))
                for r in rows(prefix) if r["venue"] == "itch"]
        self.assertEqual([(r[1], r[2], r[3], r[4], r[5], r[7]) for r in found], want)

    def test_restarts(self):
        self.check(3, 1)

    def test_sessions(self):
        self.check(0, 3)

    def test_both(self):
        self.check(2, 3)


class Lines(unittest.TestCase):
    OPTIONS = ("--messages", "12k", "--instruments", "10", "--duration", "20s", "--lines", "AB")

    def test_lag(self):
        """The same packets, so much later; and nothing else changes."""
        with tempfile.TemporaryDirectory() as folder:
            plain, _ = generate(folder, *self.OPTIONS)
            before = {(v, l): list(capture.records(f"{plain}.{v}.{l}.pcap")) for v in VENUES for l in "ab"}
            for text, lags in ("1500ms", (0, 1500000000)), ("250us,10s", (250000, 10 * 10**9)):
                prefix, told = generate(folder, *self.OPTIONS, "--lag", text)
                for v in VENUES:
                    for l, lag in zip("ab", lags):
                        got = list(capture.records(f"{prefix}.{v}.{l}.pcap"))
                        self.assertEqual(got, [(ns + lag, frame) for ns, frame in before[v, l]])
                        self.assertEqual(told["streams"][v]["lines"]["ab".index(l)].get("lag_ns", 0), lag)

    def test_swap(self):
        """Every packet changes places with the next: the second comes first."""
        with tempfile.TemporaryDirectory() as folder:
            plain, _ = generate(folder, *self.OPTIONS)
            before = {v: [f for _, f in capture.records(f"{plain}.{v}.a.pcap")] for v in VENUES}
            prefix, told = generate(folder, *self.OPTIONS, "--swap", "1,0")
            for v in VENUES:
                got = [f for _, f in capture.records(f"{prefix}.{v}.a.pcap")]
                want = before[v]
                whole = len(want) // 2 * 2
                self.assertEqual(got, [want[i ^ 1] for i in range(whole)] + want[whole:])
                self.assertEqual(told["streams"][v]["lines"][0]["packets_swapped"], (len(want) + 1) // 2)

    def test_strangers(self):
        with tempfile.TemporaryDirectory() as folder:
            plain, _ = generate(folder, *self.OPTIONS)
            before = {v: list(capture.records(f"{plain}.{v}.a.pcap")) for v in VENUES}
            prefix, told = generate(folder, *self.OPTIONS, "--strangers", "0.2")
            for v in VENUES:
                packets = list(zip(capture.records(f"{prefix}.{v}.a.pcap"), capture.read(f"{prefix}.{v}.a.pcap", v)))
                own = None if v == "pillar" else packets[0][1].session
                self.assertEqual([r for r, p in packets if v == "pillar" or p.session == own], before[v])
                strange = [i for i, (_, p) in enumerate(packets) if v != "pillar" and p.session != own]
                self.assertEqual(len(strange), told["streams"][v]["lines"][0]["strangers"])
                self.assertEqual(not strange, v == "pillar")
                self.assertTrue(all(packets[i][1].valid and b - a > 1 for i, (a, b) in enumerate(zip(strange, strange[1:]))))

    def test_same_bytes(self):
        digests = set()
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                generate(folder, *self.OPTIONS, "--restarts", "2", "--sessions", "2", "--swap", "0.1", "--strangers", "0.1,0",
                         "--lag", "5ms", "--loss", "0.1")
                whole = hashlib.sha256()
                for name in sorted(os.listdir(folder)):
                    with open(os.path.join(folder, name), "rb") as f:
                        whole.update(f.read())
                digests.add(whole.hexdigest())
        self.assertEqual(len(digests), 1)


class Ends(unittest.TestCase):
    def test_all_halted(self):
        with tempfile.TemporaryDirectory() as folder:
            for n in "1", "2", "4", "9":
                for venues in "itch", "iex", "pillar", "itch,iex,pillar":
                    done = run("--out", folder + "/m", "--venues", venues, "--instruments", n, "--messages", "2k", "--duration",
                               "70s", "--halts", "1", timeout=20)
                    self.assertEqual(done.returncode, 0)

    def test_after_close(self):
        """From 20:00 on nothing is printed, crossed, corrected, halted or resumed, however much of the market's messages is missing."""
        halts = 0
        for seed in "1", "2", "3", "4", "5", "6":
            with tempfile.TemporaryDirectory() as folder:
                prefix, told = generate(folder, "--seed", seed, "--instruments", "12", "--messages", "20k", "--start", "19:58:30",
                                        "--duration", "8m", "--halts", "1", "--corrections", "1", "--breaks", "0.2", "--restarts", "3")
                end = told["midnight_ns"] + 72000 * 10**9
                self.assertEqual([r for r in rows(prefix) if int(r["ts_ns"]) >= end and r["kind"] != "B"], [])
                self.assertEqual([r for r in rows(prefix, "status") if int(r["ts_ns"]) >= end], [])
                halts += told["halts"]
        self.assertGreater(halts, 0)


class Outputs(unittest.TestCase):
    def refused(self, folder, *options, prefix="m"):
        before = sorted(os.listdir(folder))
        done = run("--out", os.path.join(folder, prefix), "--instruments", "5", "--messages", "1k", "--duration", "2s", *options)
        self.assertEqual(done.returncode, 2, options)
        self.assertIn("one file", done.stderr)
        self.assertEqual(sorted(os.listdir(folder)), before)

    def test_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            at = lambda name: os.path.join(folder, name)
            for one in "m.itch.a.pcap", "m.iex.a.pcap", "m.status.csv", "m.truth.json":
                self.refused(folder, "--truth", at(one))
                self.refused(folder, "--truth", os.path.join(folder, ".", one))
            self.refused(folder, "--raw", at("m.trades.csv"))
            self.refused(folder, "--raw", at("m.itch.b.pcap"), "--lines", "AB")
            self.refused(folder, "--raw", at("m.itch.a.pcap.gz"), "--gzip")
            self.refused(folder, "--raw", at("x"), "--truth", at("x"))

    def test_links(self):
        with tempfile.TemporaryDirectory() as folder:
            at = lambda name: os.path.join(folder, name)
            os.symlink("m.itch.a.pcap", at("dangling"))
            self.refused(folder, "--truth", at("dangling"))
            os.symlink(folder, at("folder"))
            self.refused(folder, "--raw", at("folder/m.trades.csv"))
            with open(at("m.status.csv"), "w"):
                pass
            os.link(at("m.status.csv"), at("hard"))
            self.refused(folder, "--truth", at("hard"))
            os.symlink(at("hard"), at("m.iex.a.pcap"))
            self.refused(folder)

    def test_allowed(self):
        with tempfile.TemporaryDirectory() as folder:
            for options in (("--raw", "/dev/null", "--truth", "/dev/null"), ("--raw", folder + "/m.itch.b.pcap"), ("--truth", folder + "/t")):
                done = run("--out", folder + "/m", "--instruments", "5", "--messages", "1k", "--duration", "2s", *options)
                self.assertEqual(done.returncode, 0, done.stderr)


class Usage(unittest.TestCase):
    def test_bounds(self):
        helped = run("--help").stdout
        for option, wrong in (("--lag", ("61s", "2m", "1s,", "1s,1s,1s", "-1s", "5", "1x", ",1s")), ("--restarts", ("8", "-1", "x")),
                              ("--sessions", ("0", "9")), ("--swap", ("1.1", "-1", "")), ("--strangers", ("2", "0.1,"))):
            self.assertIn(option, helped)
            for value in wrong:
                self.assertEqual(run("--out", "x", option, value).returncode, 2, (option, value))


if __name__ == "__main__":
    MARKETGEN = sys.argv.pop(1)
    unittest.main()
