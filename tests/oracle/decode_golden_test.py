#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Real captures through the receiver, compared with the golden CSVs (decoded by independent programs): every
message, every field that an event carries. Captures without a golden file are compared with a plain walk
through their blocks, written here. Usage: decode_golden_test.py DECODE_DUMP. Exit 77: no captures on
this machine."""
import collections
import csv
import datetime
import gzip
import io
import os
import pathlib
import struct
import subprocess
import sys
import zoneinfo

ROOT = pathlib.Path(os.environ.get("WIREBAR_SOURCE", pathlib.Path(__file__).parents[2]))
CAPTURES = pathlib.Path(os.environ.get("WIREBAR_CAPTURES", ROOT / ".." / "shared" / "captures"))
CONTROL = {"join", "gap", "reset", "clock", "end"}
BUY, SELL = "1", "2"
STATUS = {"T": "0", "H": "1", "P": "2", "Q": "3"}
failures = []


def fail(text):
    failures.append(text)
    if len(failures) <= 20:
        print("FAIL", text)


def dump(tool, path, *options):
    done = subprocess.run([tool, str(path), *options], capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{path.name}: exit {done.returncode} {done.stderr}")
    lines = done.stdout.splitlines()
    n = next(i for i, line in enumerate(lines) if line.startswith(("type,", "count,", "balanced,")))
    events = list(csv.DictReader(io.StringIO("\n".join(lines[:n]))))
    types, counts = collections.Counter(), {}
    for line in lines[n:]:
        f = line.split(",")
        if f[0] == "type":
            types[f[3]] += int(f[4])
        elif f[0] == "count":
            counts[f[1]] = int(f[2])
    return events, types, counts


def golden(name):
    with gzip.open(CAPTURES / "golden" / name, "rt") as f:
        return list(csv.DictReader(f))


def e6(text):
    return str(int(text) * 100)


def deep_expected(row):
    """The event that a golden DEEP message must give."""
    want = {"ts_ns": row["ts_ns"], "symbol": row["symbol"]}
    kind, flag = row["type"], row["flag_or_status"]
    if kind in "85":
        want |= {"kind": "level", "side": BUY if kind == "8" else SELL, "price": e6(row["price_1e4_or_bid"]),
                 "qty": row["size_or_bidsize"], "flags": "0" if int(flag) & 1 else str(1 << 6)}
    elif kind == "T":
        bits = ((0x80, 1 << 7), (0x40, 1 << 3), (0x20, 1 << 2), (0x10, 1 << 5), (0x08, 1 << 4))
        want |= {"kind": "trade", "price": e6(row["price_1e4_or_bid"]), "qty": row["size_or_bidsize"],
                 "ref2": row["trade_id"], "side": "0",
                 "flags": str(sum(ours for wire, ours in bits if int(flag) & wire))}
    elif kind == "H":
        want |= {"kind": "status", "side": {"O": "3"}.get(flag, STATUS.get(flag)), "ref": "0"}
    elif kind == "O":
        want |= {"kind": "status", "side": {"O": "1", "N": "0"}[flag], "ref": "1"}
    elif kind == "S":
        want |= {"kind": "system", "side": str(ord(flag)), "symbol": ""}
    else:
        want |= {"kind": {"P": "short", "A": "imbalance"}.get(kind, "admin")}
    return want


def compare(name, events, rows, expected, send_column=None):
    """Messages against golden rows in order; the channel's clock against the packets' send times."""
    clock, compared, i = None, 0, 0
    for event in events:
        if event["kind"] in CONTROL:
            clock = event["ts_ns"] if event["kind"] == "clock" else clock
            continue
        if i == len(rows):
            return fail(f"{name}: more events than golden rows")
        want = expected(rows[i])
        if send_column:
            want["clock"] = rows[i][send_column]
            event["clock"] = clock
        for column, value in want.items():
            compared += 1
            if event[column] != value:
                fail(f"{name}: row {i} {column}: {event[column]} is not {value}: {rows[i]}")
        i += 1
    if i != len(rows):
        fail(f"{name}: {i} messages, golden has {len(rows)}")
    print(f"{name}: {i} messages, {compared} fields compared")
    return None


def check_types(name, types, rows):
    want = collections.Counter(row["type"] for row in rows)
    if types != want:
        fail(f"{name}: by type {dict(types)} is not {dict(want)}")


def check_deep(tool):
    for name in ("DEEP10_20170425_session01", "DEEP10_20170425_sessions02-04_resets"):
        path = CAPTURES / "iex" / f"iex_sample_{name}.pcap.gz"
        rows = golden(name + ".csv.gz")
        events, types, counts = dump(tool, path)
        check_types(name, types, rows)
        compare(name, events, rows, deep_expected, "send_ns")
        if counts["messages_rx"] != len(rows) or counts.get("gap_messages", 0):
            fail(f"{name}: counts {counts}")
        for options in (("--burst", "1"), ("--burst", "7", "--max", "8")):
            again, _, counts_again = dump(tool, path, *options)
            for event in again + events:
                event.pop("clock", None)
            if again != events or counts_again != counts:
                fail(f"{name}: other events with {options}")


def itch_expected(midnight_ns, book, tests=frozenset()):
    """The event that a golden ITCH message must give; book: locate codes seen."""
    def expected(row):
        kind = row["type"]
        if row["stock"]:
            book[row["locate"]] = row["stock"]
        want = {"ts_ns": str(midnight_ns + int(row["ts_ns"])), "symbol": book.get(row["locate"], "")}
        side = {"B": BUY, "S": SELL}.get(row["side"], "0")
        if kind in "AF":
            want |= {"kind": "add", "ref": row["order_ref"], "side": side, "qty": row["shares"],
                     "price": e6(row["price_1e4"])}
        elif kind in "EX":
            want |= {"kind": "exec" if kind == "E" else "cancel", "ref": row["order_ref"],
                     "qty": row["shares"]}
            if kind == "E":
                want["ref2"] = row["match"]
        elif kind == "D":
            want |= {"kind": "delete", "ref": row["order_ref"]}
        elif kind == "U":
            want |= {"kind": "replace", "ref": row["order_ref"], "ref2": row["new_order_ref"],
                     "qty": row["shares"], "price": e6(row["price_1e4"])}
        elif kind == "P":
            want |= {"kind": "trade", "qty": row["shares"], "price": e6(row["price_1e4"]),
                     "ref2": row["match"], "side": "0"}
        elif kind == "H":
            want |= {"kind": "status", "side": STATUS[row["event_or_state"]]}
        elif kind == "S":
            want |= {"kind": "system", "side": str(ord(row["event_or_state"])), "symbol": ""}
        else:
            want |= {"kind": {"R": "directory", "I": "imbalance", "Y": "short"}.get(kind, "admin")}
        # EVF_CLOCK; a test issue's directory also has EVF_TEST, which the golden file has no column for.
        want["flags"] = str(1 | (1 << 14 if kind == "R" and row["stock"] in tests else 0))
        return want
    return expected


def test_issues(path):
    """Symbols whose directory says authenticity T (offset 29), by a walk through the file."""
    data, at, out = path.read_bytes(), 0, set()
    while at + 3 <= len(data):
        m = data[at + 2:at + 2 + struct.unpack_from(">H", data, at)[0]]
        if not m:
            return out
        if m[:1] == b"R" and m[29:30] == b"T":
            out.add(m[11:19].decode().strip())
        at += 2 + len(m)
    return out


def check_itch(tool):
    files = (("itch50_20191230_start_1000", "nasdaq_20191230_start_1000.itch50", "2019-12-30"),
             ("ritch_ex20101224", "SYNTHETIC_ritch_ex20101224.TEST_ITCH_50", "2010-07-24"))
    for name, file, date in files:
        midnight = datetime.datetime.fromisoformat(date).replace(tzinfo=zoneinfo.ZoneInfo("America/New_York"))
        rows = golden(name + ".csv.gz")
        events, types, counts = dump(tool, CAPTURES / "itch50_file" / file, "--date", date)
        check_types(name, types, rows)
        compare(name, events, rows, itch_expected(int(midnight.timestamp()) * 10**9, {}, test_issues(CAPTURES / "itch50_file" / file)))
        if counts["messages_rx"] != len(rows):
            fail(f"{name}: counts {counts}")


def payloads(path):
    data = path.read_bytes()
    order = "<" if data[0] in (0xd4, 0x4d) else ">"
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        ip = 14 if frame[12:14] == b"\x08\x00" else 18
        yield frame[ip + 28:ip + 20 + struct.unpack_from(">H", frame, ip + 24)[0]]
        at += 16 + size


def block_types(payload):
    if payload[0] == 1:
        at, count, form = 40, struct.unpack_from("<H", payload, 14)[0], "<H"
    else:
        at, count, form = 20, struct.unpack_from(">H", payload, 18)[0], ">H"
    for _ in range(count):
        yield chr(payload[at + 2])
        at += 2 + struct.unpack_from(form, payload, at)[0]


def check_packets(tool):
    """Single packets: counts by type against a walk through the blocks."""
    files = messages = 0
    for path in sorted(CAPTURES.glob("iex/omi_*/*.pcap")) + sorted(CAPTURES.glob("itch50_mold/*/*.pcap")):
        want = collections.Counter(t for p in payloads(path) for t in block_types(p))
        _, types, counts = dump(tool, path)
        files += 1
        messages += sum(want.values())
        if path.stem == "all_message_types":  # the other files in a row, out of sequence: many are duplicates
            if counts["messages_rx"] != sum(want.values()) or counts.get("messages_unknown_type"):
                fail(f"{path.name}: {counts}")
            continue
        if types != want or counts.get("messages_rx", 0) != sum(want.values()) or counts.get("messages_cut"):
            fail(f"{path.name}: by type {dict(types)} is not {dict(want)}: {counts}")
    print(f"single packets: {files} files, {messages} messages")


def main():
    if not CAPTURES.is_dir():
        print(f"no captures at {CAPTURES}: skipped")
        return 77
    check_deep(sys.argv[1])
    check_itch(sys.argv[1])
    check_packets(sys.argv[1])
    print(f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
