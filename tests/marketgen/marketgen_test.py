# SPDX-License-Identifier: BSD-3-Clause
"""Generates small captures and checks them with a reader of its own: counts against truth.json, prints against
trades.csv, books for consistency, faults against what truth.json says was done, and that a seed means the same bytes.
Usage: marketgen_test.py MARKETGEN"""
import csv
import datetime
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zoneinfo
from collections import Counter

import capture
import replica
import replica_pillar

MARKETGEN = None


def generate(folder, name, *options, code=0):
    prefix = os.path.join(folder, name)
    done = subprocess.run([MARKETGEN, "--out", prefix, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, done.stderr
    return prefix


def truth(prefix):
    with open(prefix + ".truth.json") as f:
        return json.load(f)


def rows(prefix, venue):
    with open(prefix + ".trades.csv", newline="") as f:
        for row in csv.DictReader(f):
            if row["venue"] == venue:
                yield (venue, row["symbol"], int(row["ts_ns"]), int(row["price_e6"]), int(row["shares"]), row["kind"],
                       row["flags"], int(row["match"]), row["aggressor"])


def collect(path, venue):
    """Messages by sequence number from the packets of one line that are whole, and the packets."""
    packets = list(capture.read(path, venue))
    messages = {}
    for packet in packets:
        for i, message in enumerate(packet.messages):
            assert messages.setdefault(packet.sequence + i, message) == message
    return messages, packets


class Clean(unittest.TestCase):
    """Three minutes around the open on two lines, without faults."""
    OPTIONS = ("--venues", "pillar,itch,iex", "--messages", "160k", "--instruments", "300", "--duration", "3m",
               "--lines", "AB", "--vlan", "141", "--breaks", "0.02", "--corrections", "0.5", "--halts", "0.05", "--seed", "7")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = generate(cls.folder.name, "clean", *cls.OPTIONS, "--raw",
                              os.path.join(cls.folder.name, "clean_20260310.itch50"))
        cls.truth = truth(cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def line(self, venue, letter):
        stream = self.truth["streams"][venue]
        messages, packets = collect(f"{self.prefix}.{venue}.{letter}.pcap", venue)
        self.assertEqual(sorted(messages), list(range(1, stream["messages"] + 1)))
        self.assertEqual(stream["next_sequence"], stream["messages"] + 1)
        self.assertTrue(all(p.valid and p.vlan == 141 for p in packets))
        times = [p.capture_ns for p in packets]
        self.assertEqual(times, sorted(times))
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 1.1e9)
        told = stream["lines"]["ab".index(letter)]
        self.assertEqual(told["packets_written"], len(packets))
        self.assertEqual(told["messages"], len(messages))
        self.assertEqual({p.group for p in packets}, {told["group"]})
        self.assertEqual(told["heartbeats_sent"], sum(p.count == 0 for p in packets))
        self.assertEqual(dict(Counter(capture.kind_of(m, venue) for m in messages.values())), stream["by_type"])
        return [messages[i] for i in range(1, len(messages) + 1)], packets

    def test_midnight(self):
        midnight = datetime.datetime(2026, 3, 10, tzinfo=zoneinfo.ZoneInfo("America/New_York"))
        self.assertEqual(self.truth["midnight_ns"], int(midnight.timestamp()) * 10**9)

    def test_size(self):
        total = sum(s["messages"] for s in self.truth["streams"].values())
        self.assertLess(abs(total - 160000), 1600)

    def test_itch(self):
        messages, packets = self.line("itch", "a")
        self.assertEqual([p.count for p in packets[-3:]], [0xFFFF] * 3)
        self.assertEqual({p.session.decode() for p in packets}, {self.truth["streams"]["itch"]["session"]})
        for packet in packets:
            self.assertLessEqual(len(packet.messages), 80)
        book = replica.Itch(self.truth["midnight_ns"])
        for message in messages:
            book.message(message)
        told = list(rows(self.prefix, "itch"))
        hidden = [r[:-1] for r in told if r[5] == "P"]
        self.assertEqual([r[:-1] for r in book.rows], [r[:-1] for r in told])
        self.assertEqual([r for r in book.rows if r[5] != "P"], [r for r in told if r[5] != "P"])
        self.assertGreater(len(hidden), 0)
        for kind in "SRHYLAFECXDUPQBI":
            self.assertGreater(self.truth["streams"]["itch"]["by_type"].get(kind, 0), 0, kind)
        for what, n in book.seen.items():
            self.assertGreater(n, 0, what)
        partial = book.seen["E_partial"] / (book.seen["E_partial"] + book.seen["E_full"])
        self.assertTrue(0.3 < partial < 0.5, partial)
        self.assertTrue(any(r[5] == "C" for r in told))

    def test_itch_raw(self):
        with open(os.path.join(self.folder.name, "clean_20260310.itch50"), "rb") as f:
            data = f.read()
        at, raw = 0, []
        while at < len(data):
            length, = struct.unpack_from(">H", data, at)
            raw.append(data[at + 2:at + 2 + length])
            at += 2 + length
        self.assertEqual(raw, self.line("itch", "a")[0])

    def test_iex(self):
        _, packets = self.line("iex", "a")
        book = replica.Iex(self.truth["midnight_ns"])
        offset, sequence = 0, 1
        for packet in packets:
            self.assertEqual((packet.offset, packet.sequence), (offset, sequence))
            offset, sequence = offset + packet.payload_bytes, sequence + packet.count
            for message in packet.messages:
                book.message(message, packet.send_ns)
        self.assertEqual([r[:-1] for r in book.rows], [r[:-1] for r in rows(self.prefix, "iex")])
        for kind in "SDHOPE85TBX":
            self.assertGreater(self.truth["streams"]["iex"]["by_type"].get(kind, 0), 0, kind)
        self.assertGreater(book.seen["incomplete"], 0)
        self.assertTrue(0 < book.seen["back_ns"] < 70e6)
        self.assertTrue(2e5 < sorted(book.delays)[len(book.delays) // 2] < 5e5)

    def test_pillar(self):
        _, packets = self.line("pillar", "a")
        self.assertEqual([(p.sequence, p.count) for p in packets[:5]], [(1, 1)] * 5)
        self.assertEqual(len({p.messages[0] for p in packets[:5]}), 1)
        market, sequence = replica_pillar.Pillar(), 1
        for packet in packets[4:]:
            self.assertEqual(packet.sequence, sequence)
            sequence += packet.count
            for message in packet.messages:
                market.message(message, packet.send_ns)
        told = list(rows(self.prefix, "pillar"))
        self.assertEqual([r[:-1] for r in market.rows], [r[:-1] for r in told])
        self.assertEqual([r for r in market.rows if r[5] != "P"], [r for r in told if r[5] != "P"])
        self.assertEqual(set(map(str, capture.PILLAR_BYTES)), set(self.truth["streams"]["pillar"]["by_type"]))
        self.assertEqual({k for k, n in market.seen.items() if not n}, {"older"})
        self.assertTrue({"@___", "@_T_", "@_TI", "@__I", "@F__"} <= market.conditions)
        self.assertEqual(market.statuses, [r for r in self.statuses() if r[0] == "pillar"])
        self.assertEqual({symbol.session for symbol in market.symbols.values()}, {"O"})

    def statuses(self):
        with open(self.prefix + ".status.csv", newline="") as f:
            return [(r["venue"], r["symbol"], int(r["ts_ns"]), r["status"]) for r in csv.DictReader(f)]

    def test_halts(self):
        """Halts are of the instrument: all venues at once, each resumed once at most."""
        halts = {}
        for venue, symbol, ns, status in self.statuses():
            halts.setdefault(symbol, []).append((venue, ns, status))
        self.assertEqual(len(halts), 15)
        self.assertEqual(self.truth["halts"], 15)
        for changes in halts.values():
            self.assertIn(len(changes), (3, 6))
            self.assertEqual([c[0] for c in changes[:3]], ["itch", "iex", "pillar"])
            self.assertEqual(len({c[1:] for c in changes[:3]}), 1)
            self.assertTrue(all(c[2] == "T" for c in changes[3:]))
        self.assertEqual({c[2] for changes in halts.values() for c in changes}, {"P", "H", "T"})

    def test_counts(self):
        """truth.json counts what trades.csv holds, each row with the number of its message."""
        with open(self.prefix + ".trades.csv", newline="") as f:
            table = list(csv.DictReader(f))
        kinds = Counter(r["kind"] for r in table)
        self.assertEqual((len(table), kinds["B"], kinds["K"]), tuple(self.truth[k] for k in ("prints", "breaks", "corrections")))
        self.assertTrue(kinds["B"] and kinds["K"])
        iex = sum(r["venue"] == "iex" and r["kind"] == "T" and int(r["flags"]) & 8 != 0 for r in table)
        self.assertEqual(kinds["Q"] + iex, self.truth["crosses"])
        for venue in self.truth["streams"]:
            messages, _ = collect(f"{self.prefix}.{venue}.b.pcap", venue)
            carried = Counter(capture.kind_of(messages[int(r["seq"])], venue) for r in table if r["venue"] == venue)
            of_prints = {"itch": "ECPQB", "iex": "TB", "pillar": ("103", "110", "111", "112", "113")}[venue]
            whole = self.truth["streams"][venue]["by_type"]
            self.assertEqual(dict(carried), {k: whole[k] - (k == "Q") * self.empty_crosses(messages) for k in of_prints})

    @staticmethod
    def empty_crosses(messages):
        return sum(m[0:1] == b"Q" and m[11:19] == bytes(8) for m in messages.values())

    def test_one_price(self):
        """All venues trade around one price: the mean price of a busy instrument differs little between them."""
        sums = {}
        for venue in self.truth["streams"]:
            for r in rows(self.prefix, venue):
                if r[5] in "ECPTQ" and r[1] in ("SPY", "QQQ", "NVDA", "TSLA", "AAPL"):
                    n = sums.setdefault(r[1], {}).setdefault(venue, [0, 0])
                    n[0], n[1] = n[0] + r[3], n[1] + 1
        self.assertEqual(len(sums), 5)
        for symbol, by_venue in sums.items():
            means = [total / n for total, n in by_venue.values()]
            self.assertEqual(len(means), 3)
            self.assertLess(max(means) / min(means), 1.003, symbol)

    def test_lines_differ(self):
        for venue in "itch", "iex", "pillar":
            (a, packets_a), (b, packets_b) = self.line(venue, "a"), self.line(venue, "b")
            self.assertEqual(a, b)
            self.assertNotEqual([p.sequence for p in packets_a], [p.sequence for p in packets_b])

    def test_same_bytes(self):
        with tempfile.TemporaryDirectory() as other:
            generate(other, "clean", *self.OPTIONS)
            for name in sorted(os.listdir(other)):
                digests = []
                for folder in other, self.folder.name:
                    with open(os.path.join(folder, name), "rb") as f:
                        digests.append(hashlib.sha256(f.read()).hexdigest())
                self.assertEqual(*digests, name)
            again = generate(other, "seed", *self.OPTIONS, "--seed", "8")
            with open(again + ".itch.a.pcap", "rb") as f, open(self.prefix + ".itch.a.pcap", "rb") as g:
                self.assertNotEqual(f.read(), g.read())


class Faulty(unittest.TestCase):
    """Every fault on both lines: what truth.json says must be what a reader finds."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = generate(cls.folder.name, "faulty", "--messages", "80k", "--instruments", "100", "--duration", "1m",
                              "--venues", "itch,iex,pillar",
                              "--lines", "AB", "--loss", "0.05", "--dup", "0.02", "--reorder", "0.02", "--corrupt", "0.01",
                              "--gzip", "--micro")
        cls.truth = truth(cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def numbers(ranges):
        return {n for first, last in ranges for n in range(first, last + 1)}

    def test_faults(self):
        for venue, stream in self.truth["streams"].items():
            everything = set(range(1, stream["messages"] + 1))
            missing = []
            for letter, told in zip("ab", stream["lines"]):
                messages, packets = collect(f"{self.prefix}.{venue}.{letter}.pcap.gz", venue)
                lost, corrupted = self.numbers(told["lost_ranges"]), self.numbers(told["corrupted_ranges"])
                self.assertEqual(everything - set(messages), lost | corrupted)
                self.assertEqual(len(lost), told["lost_messages"])
                self.assertEqual(len(packets), told["packets_sent"] - told["packets_lost"] + told["packets_duplicated"])
                self.assertGreaterEqual(sum(not p.valid for p in packets), told["packets_corrupted"])
                for fault in "lost", "duplicated", "reordered", "corrupted":
                    self.assertGreater(told["packets_" + fault], 0)
                first = {}
                for at, packet in enumerate(packets):
                    if packet.valid and packet.count:
                        first.setdefault(packet.sequence, at)
                order = [sequence for sequence, _ in sorted(first.items(), key=lambda item: item[1])]
                self.assertGreater(sum(b < a for a, b in zip(order, order[1:])), 0)
                missing.append(lost | corrupted)
                times = [p.capture_ns for p in packets]
                self.assertEqual(times, sorted(times))
            self.assertEqual(missing[0] & missing[1], self.numbers(stream["lost_or_corrupted_on_every_line_ranges"]))


class Late(unittest.TestCase):
    """Prints older than what was sent before them, and faults that differ between the lines."""

    def test_late(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix = generate(folder, "late", "--venues", "iex,pillar", "--messages", "60k", "--instruments", "30",
                              "--start", "09:30", "--duration", "30s", "--late", "0.2", "--late-by", "1500ms", "--breaks", "0",
                              "--lines", "AB", "--loss", "0,1")
            told = truth(prefix)
            self.assertEqual([line["packets_lost"] for line in told["streams"]["pillar"]["lines"]],
                             [0, told["streams"]["pillar"]["lines"][1]["packets_sent"]])
            with open(prefix + ".trades.csv", newline="") as f:
                late = {(r["venue"], r["match"]): int(r["late_ns"]) for r in csv.DictReader(f) if int(r["late_ns"])}
            self.assertEqual(len(late), told["late_prints"])
            self.assertTrue(1e9 < max(late.values()) <= 1.5e9)
            self.pillar(prefix, late)
            self.iex(prefix, late)

    def pillar(self, prefix, late):
        _, packets = collect(prefix + ".pillar.a.pcap", "pillar")
        market, ages = replica_pillar.Pillar(), {}
        for packet in packets[4:]:
            for message in packet.messages:
                before = len(market.rows)
                market.message(message, packet.send_ns)
                for row in market.rows[before:]:
                    ages[row[7]] = packet.send_ns - row[2]
        self.assertEqual([r[:-1] for r in market.rows], [r[:-1] for r in rows(prefix, "pillar")])
        mine = {int(match): ns for (venue, match), ns in late.items() if venue == "pillar"}
        self.assertGreater(len(mine), 20)
        for match, age in ages.items():
            self.assertTrue(0 <= age - mine.get(match, 0) < 1e6)
        self.assertTrue(any("Z" in c for c in market.conditions))

    def iex(self, prefix, late):
        """A late report is older than it would be by late_ns; all else as ever."""
        _, packets = collect(prefix + ".iex.a.pcap", "iex")
        found = 0
        for packet in packets:
            for m in packet.messages:
                if m[0:1] == b"T":
                    ns, trade = struct.unpack_from("<q", m, 2)[0], struct.unpack_from("<q", m, 30)[0]
                    age = packet.send_ns - ns - late.get(("iex", str(trade)), 0)
                    found += ("iex", str(trade)) in late
                    self.assertTrue(0 < age < 70e6)
        self.assertGreater(found, 20)


class Day(unittest.TestCase):
    """Other pieces of the day than the open: the close, a whole day, one venue alone."""

    def test_close(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix = generate(folder, "close", "--start", "15:59:50", "--duration", "100s", "--messages", "80k",
                              "--instruments", "50", "--venues", "itch,iex,pillar")
            told = truth(prefix)
            messages, _ = collect(prefix + ".itch.a.pcap", "itch")
            book = replica.Itch(told["midnight_ns"])
            for i in range(1, len(messages) + 1):
                book.message(messages[i])
            self.assertEqual([chr(m[11]) for _, m in sorted(messages.items()) if m[0] == ord("S")], ["O", "S", "Q", "M"])
            self.assertTrue(any(r[5:7] == ("Q", "C") for r in book.rows))
            pillar = list(rows(prefix, "pillar"))
            self.assertTrue(any(r[5:7] == ("Q", "6") for r in pillar))
            self.assertTrue({"@___", "@_T_"} <= {r[6] for r in pillar})
            self.assertTrue(any(int(r[6]) & 0x40 for r in rows(prefix, "iex")))
            self.assertTrue(any(not int(r[6]) & 0x40 for r in rows(prefix, "iex")))

    def test_whole_day(self):
        with tempfile.TemporaryDirectory() as folder:
            generate(folder + "/", "", "--start", "03:59", "--duration", "17h", "--messages", "40k", "--instruments", "40",
                     "--venues", "itch,iex,pillar")
            prefix = os.path.join(folder, "marketgen")
            told = truth(prefix)
            for venue, at, events in ("itch", 11, "OSQMEC"), ("iex", 1, "OSRMEC"):
                messages, _ = collect(f"{prefix}.{venue}.a.pcap", venue)
                stream = [message for _, message in sorted(messages.items())]
                self.assertEqual("".join(chr(m[at]) for m in stream if m[0] == ord("S")), events)
                self.assertEqual((stream[0][0], stream[-1][0]), (ord("S"), ord("S")))
                self.assertEqual(len(stream), told["streams"][venue]["messages"])

            messages, packets = collect(prefix + ".pillar.a.pcap", "pillar")
            market = replica_pillar.Pillar()
            for packet in packets[4:]:
                for message in packet.messages:
                    market.message(message, packet.send_ns)
            self.assertEqual({symbol.session for symbol in market.symbols.values()}, {"X"})
            self.assertEqual(len(market.symbols), 40)
            self.assertEqual([p.count for p in packets[-3:]], [0, 0, 0])

    def test_one_venue(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix = generate(folder, "one", "--venues", "iex", "--messages", "5k", "--instruments", "1", "--duration", "5s")
            self.assertEqual(list(truth(prefix)["streams"]), ["iex"])
            self.assertFalse(os.path.exists(prefix + ".itch.a.pcap"))


class Shape(unittest.TestCase):
    """How the messages of a day are spread over it."""
    OPTIONS = ("--messages", "150k", "--instruments", "200", "--venues", "itch", "--start", "09:00")

    def half_hours(self, prefix):
        """Messages of each half hour from the open on over their mean, and all their times in seconds since the open."""
        times = []
        for packet in capture.read(prefix + ".itch.a.pcap", "itch"):
            times += [int.from_bytes(m[5:11], "big") / 1e9 - 34200 for m in packet.messages]
        times = [t for t in times if 0 <= t < 23400]
        halves = Counter(int(t // 1800) for t in times)
        return [halves[i] * 13 / len(times) for i in range(13)], times

    def test_day(self):
        with tempfile.TemporaryDirectory() as folder:
            day = generate(folder, "day", *self.OPTIONS, "--duration", "7h1m")
            halves, times = self.half_hours(day)
            self.assertEqual([halves[i] > halves[i + 1] for i in range(6)], [True] * 6, halves)
            self.assertEqual([halves[i] < halves[i + 1] for i in range(7, 12)], [True] * 5, halves)
            self.assertTrue(2 < halves[0] < 3 and 1.5 < halves[12] < 2.3, halves)
            self.assertTrue(0.4 < min(halves) < 0.6 and min(halves) in halves[5:8], halves)
            mean = len(times) / 23400
            self.assertGreater(sum(t < 60 for t in times) / 60, 4 * mean)
            self.assertGreater(sum(t >= 23390 for t in times) / 10, 3 * mean)
            # Nothing is silent after the crosses.
            for second in range(0, 60):
                self.assertGreater(sum(second <= t < second + 5 for t in times), 0)

    def test_level(self):
        with tempfile.TemporaryDirectory() as folder:
            halves, _ = self.half_hours(generate(folder, "level", *self.OPTIONS, "--duration", "7h1m", "--shape", "open"))
            self.assertTrue(all(0.8 < h < 1.2 for h in halves[1:12]), halves)

    def test_default(self):
        def digest(folder, *options):
            prefix = generate(folder, "m", "--messages", "20k", "--instruments", "20", "--venues", "itch", *options)
            with open(prefix + ".itch.a.pcap", "rb") as f:
                return hashlib.sha256(f.read()).digest()
        with tempfile.TemporaryDirectory() as folder:
            for options, shape in ((), "open"), (("--duration", "59m59s"), "open"), (("--duration", "1h"), "day"), (("--duration", "60m"), "day"):
                self.assertEqual(digest(folder, *options), digest(folder, *options, "--shape", shape))
                self.assertNotEqual(digest(folder, *options), digest(folder, *options, "--shape", "day" if shape == "open" else "open"))

    def test_durations(self):
        with tempfile.TemporaryDirectory() as folder:
            ends = []
            for text in "1m30s", "90s", "1m30s0ms":
                prefix = generate(folder, "m", "--messages", "10k", "--instruments", "20", "--venues", "itch", "--duration", text)
                with open(prefix + ".itch.a.pcap", "rb") as f:
                    ends.append(f.read())
            self.assertEqual(ends[0], ends[1])
            self.assertEqual(ends[0], ends[2])


class Prints(unittest.TestCase):
    def share(self, folder, *options):
        """Of a minute's messages, those that are prints."""
        prefix = generate(folder, "p", "--venues", "itch,pillar", "--messages", "80k", "--instruments", "50", "--duration", "1m", *options)
        with open(prefix + ".trades.csv", newline="") as f:
            kinds = Counter((row["venue"], row["kind"]) for row in csv.DictReader(f))
        sent = {venue: stream["messages"] for venue, stream in truth(prefix)["streams"].items()}
        by_type = truth(prefix)["streams"]["itch"]["by_type"]
        self.assertEqual(kinds["itch", "E"] + kinds["itch", "P"], by_type["E"] + by_type["P"])
        return {v: sum(n for (venue, _), n in kinds.items() if venue == v) / sent[v] for v in sent}

    def test_share(self):
        with tempfile.TemporaryDirectory() as folder:
            usual, many = self.share(folder), self.share(folder, "--prints", "0.5")
        for venue in usual:
            self.assertLess(usual[venue], 0.1)
            self.assertTrue(0.4 < many[venue] < 0.6, many)


class Usage(unittest.TestCase):
    def test_exit_codes(self):
        def run(*options):
            return subprocess.run([MARKETGEN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        helped = run("--help")
        self.assertEqual((helped.returncode, helped.stderr), (0, ""))
        self.assertIn("--corrupt", helped.stdout)
        for wrong in ([], ["--out", "x", "--loss", "2"], ["--out", "x", "--start", "25:00"], ["--out", "x", "more"],
                      ["--out", "x", "--messages", "1x"], ["--out", "x", "--duration", "15h"], ["--nothing"], ["--out"],
                      ["--out", "x", "--duration", "30m6h"], ["--out", "x", "--duration", "5m5m"], ["--out", "x", "--duration", "6h30"],
                      ["--out", "x", "--duration", "90"], ["--out", "x", "--duration", "0h0m"], ["--out", "x", "--duration", "6h,30m"],
                      ["--out", "x", "--duration", "6h-30m"], ["--out", "x", "--duration", "23h60m1s"], ["--out", "x", "--shape", "week"],
                      ["--out", "x", "--instruments", "0"], ["--out", "x", "--vlan", "4095"], ["--out", "x", "--lines", "B"],
                      ["--out", "x", "--venues", "itch,itch"], ["--out", "x", "--venues", "itch,"], ["--out", "x", "--venues", "nyse"],
                      ["--out", "x", "--venues", ""], ["--out", "x", "--loss", "0.1,0.2,0.3"], ["--out", "x", "--loss", "0.1,"],
                      ["--out", "x", "--halts", "1.5"], ["--out", "x", "--prints", "1.1"], ["--out", "x", "--late-by", "0s"], ["--out", "x", "--venues", "iex",
                                                                                             "--raw", "y"]):
            done = run(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertNotEqual(done.stderr, "")
        with tempfile.TemporaryDirectory() as folder:
            failed = run("--out", os.path.join(folder, "absent", "x"), "--messages", "1k")
            self.assertEqual(failed.returncode, 1)
            self.assertIn("absent", failed.stderr)
        if os.path.exists("/dev/full"):
            with tempfile.TemporaryDirectory() as folder:
                full = run("--out", os.path.join(folder, "x"), "--truth", "/dev/full", "--messages", "30k", "--instruments", "9")
                self.assertEqual(full.returncode, 1)
                self.assertIn("/dev/full", full.stderr)


if __name__ == "__main__":
    MARKETGEN = sys.argv.pop(1)
    unittest.main()
