#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The benchmarks' lines for programs (bench=NAME key=value ...) kept in a file, and a page of tables made from them.

Usage: table.py merge LINES OUTPUT    puts OUTPUT's lines in the place of LINES' lines of the same benchmarks
       table.py page LINES            prints the page"""
import os
import sys
import textwrap

PAGE = """# Benchmarks

Made by `hwtest/bench`, which runs everything below and writes this page and its pictures ({machine}).
Each figure is compared with what the machine can do in the same run: memory read in order, a random
memory access, an empty `rte_ring` between the same two cores. All memory, frames included, is in pages of
2 MiB where the kernel has them (madvise). Where two cores share the host with other work, maxima and high
percentiles hold the scheduler's share. They compare rows of this page, not machines;
[performance.md](performance.md) says what follows from them.
"""

SECTIONS = [
    ("decode", "Wire to events", "`build/tests/bench/decode_bench`: ITCH frames in memory to events.", None,
     [("messages a packet", "per_packet"), ("ns a message", "ns"), ("bytes a message", "bytes"), ("read in order, GB/s", "scan_gbs"),
      ("times that", "ratio")]),
    ("replay", "The replay port", "`build/tests/bench/replay_bench`: a mapped capture to mbufs and back, nothing else.", None,
     [("frames", "frames"), ("ns a frame", "ns"), ("Mpps", "mpps")]),
    ("book", "Wire to book", "`build/tests/bench/book_bench`: ITCH frames in memory to order-level books with touch, tables included.",
     None, [("instruments", "instruments"), ("resting", "resting"), ("ns a message", "ns"), ("of it receive", "receive_ns"),
            ("books", "apply_ns"), ("a random access, ns", "dram_ns"), ("accesses a message", "ratio")]),
    ("scaling", "Scaling", "`build/tests/bench/scaling_bench`: the same as the market grows.", "bench_scaling.svg",
     [("instruments", "instruments"), ("resting", "resting"), ("ns a message", "ns"), ("of it receive", "receive_ns"),
      ("books", "apply_ns")]),
    ("enrich", "Enrichment", "`build/tests/bench/enrich_bench`: the indicators of one row alone.", None,
     [("ns a row", "row_ns"), ("bytes of state", "state_bytes"), ("read in order, GB/s", "scan_gbs"), ("times that", "ratio")]),
    ("prints", "Prints to rows of six spans", "`build/tests/bench/enrich_bench`: prints through the engine, seals included.", None,
     [("instruments", "instruments"), ("prints a 1 s row", "density"), ("ns a print", "ns"), ("rows a print", "rows_per_print")]),
    ("seal", "Seal storm", "`build/tests/bench/seal_bench`: all instruments cross a 5 m boundary. \"Least\" is the longest call when each is "
     "taken at its quickest crossing: the work itself, without kernel and host.", "bench_seal.svg",
     [("budget", "budget"), ("rows", "rows"), ("a call p50, us", "p50_us"), ("p99.9", "p999_us"), ("longest", "longest_us"),
      ("least", "least_longest_us"), ("watched", "watched"), ("out after, us", "watched_us"), ("ns a row", "row_ns")]),
    ("csv", "A row as CSV", "`build/tests/bench/csv_bench`: a row with prints, all columns, as the export stage writes it; beside it what libc's "
     "printf takes for the doubles of the same rows alone.", None,
     [("bytes", "bytes"), ("doubles", "doubles"), ("ns a row", "row_ns"), ("printf, its doubles", "libc_ns"), ("times that", "ratio")]),
    ("arrow", "A window as Arrow", "`build/tests/bench/arrow_bench`: what the Redis bridge sets for each row of a watched instrument: its newest rows, all "
     "columns, as an Arrow stream; copied from the tables before.", None,
     [("rows", "rows"), ("columns", "columns"), ("bytes", "bytes"), ("encoded p50, us", "p50_us"), ("least", "least_us"), ("p99", "p99_us"),
      ("rows copied p50, us", "copy_us")]),
    ("link", "A row over a link", "`build/tests/bench/link_bench`: two lcores.", None,
     [("empty round trip p50, ns", "trip_p50_ns"), ("empty hop p50", "hop_p50_ns"), ("p99.9", "hop_p999_ns"), ("a row p50, ns", "p50_ns"),
      ("p99.9", "p999_ns"), ("flat out, ns", "flat_ns"), ("empty hops", "ratio")]),
    ("latency", "Sealing packet to row on the next core", "`build/tests/bench/latency_bench`: the watched instrument's 1 s row, and the "
     "verdict of the built-in profile's gates on it. \"Away\": the core was with another thread, in an interrupt or with the host.",
     "bench_latency.svg",
     [("empty hop p50, ns", "hop_p50_ns"), ("p99.9", "hop_p999_ns"), ("packet to row p50, ns", "p50_ns"), ("empty hops", "ratio"),
      ("p99.9", "p999_ns"), ("max", "max_ns"), ("p99.9, no core away", "clean_p999_ns"), ("rows with a core away, %", "away_percent"),
      ("their part of the slowest 0.1 %, %", "slow_away_percent"), ("row to verdict p50, ns", "verdict_ns"),
      ("p99.9", "verdict_p999_ns")]),
    ("latency", "The pieces of that way", "Medians.", None,
     [("packet to events, ns", "receive_ns"), ("events to row", "seal_ns"), ("row into the ring", "push_ns"),
      ("ring to consumer", "taken_ns"), ("an empty hop", "hop_p50_ns")]),
    ("memory", "Memory", "`build/tests/bench/memory_bench`: bytes, as stated by the functions that boot asks; \"resident\" is measured "
     "with that many orders resting, a full watch list and its history.", None,
     [("instruments", "instruments"), ("resting", "resting"), ("an order", "order_bytes"), ("its levels", "level_bytes"),
      ("an instrument, engine", "instr_engine_bytes"), ("tables", "instr_tables_bytes"), ("a history row", "history_row_bytes"),
      ("a print", "print_bytes"), ("a channel", "channel_bytes"), ("a link's element", "link_elem_bytes"),
      ("engine, receiver and tables, MiB", "stated_mib"), ("resident, MiB", "resident_mib"), ("wirebar in all, MiB", "program_mib")]),
    ("day", "A market day", "`hwtest/day --dense 20M --days 27M`: the whole program over a dense open, and over a day of a tenth of Nasdaq's messages from "
     "09:00 to 16:01, 8,371 instruments; messages a second of ingest's time on the cpu.", None,
     [("messages", "messages"), ("rows written", "rows"), ("s by the clock", "s"), ("ingest on the cpu, s", "cpu_s"), ("M messages a second", "rate"),
      ("of the dense open's", "of_dense"), ("MiB, files apart", "mib")]),
]


def parse(path):
    if not os.path.exists(path):
        return []
    return [dict(w.split("=", 1) for w in line.split()) for line in open(path) if line.startswith("bench=")]


def merge(lines, output):
    new = parse(output)
    names = {r["bench"] for r in new}
    rows = [r for r in parse(lines) if r["bench"] not in names] + new
    with open(lines, "w") as f:
        f.writelines(" ".join("%s=%s" % kv for kv in r.items()) + "\n" for r in rows)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown cpu")
    return "%s, %d cpus" % (model, os.cpu_count())


def number(text):
    value = float(text)
    return "{:,.0f}".format(value) if value >= 10000 else text


def page(lines):
    rows = parse(lines)
    out = [PAGE.format(machine=machine())]
    for name, title, text, picture, columns in SECTIONS:
        mine = [r for r in rows if r["bench"] == name]
        if not mine:
            continue
        out.append("## %s\n\n%s\n" % (title, textwrap.fill(text, 108, break_on_hyphens=False)))
        if picture:
            out.append("![%s](img/%s)\n" % (title.lower(), picture))
        out.append("| %s |\n|%s" % (" | ".join(c for c, _ in columns), "---|" * len(columns)))
        out.extend("| %s |" % " | ".join(number(r[key]) for _, key in columns) for r in mine)
        out.append("")
    print("\n".join(out).rstrip())


if len(sys.argv) == 4 and sys.argv[1] == "merge":
    merge(sys.argv[2], sys.argv[3])
elif len(sys.argv) == 3 and sys.argv[1] == "page":
    page(sys.argv[2])
else:
    sys.exit(__doc__)
