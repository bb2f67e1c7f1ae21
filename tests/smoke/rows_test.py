#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One row is one row: a copy of the tree gets a row in every list, and each appears where it should, with no other edit.

Run by name only (suite rows): it builds the programs anew."""
import csv
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

SOURCE = os.environ["WIREBAR_SOURCE"]

# What docs/contributing.md says: list, and the row.
ROWS = {
    "lcore/base/ledger.def": None,  # before its group's last row, as below
    "lcore/base/venue.def": 'VENUE(SCRATCH, "", "scratch venue")\n',
    "lcore/model/columns.def": 'COL(scratch_sum, U64, "scratch column, which accumulates")\n',
    "lcore/model/sums.def": None,  # before its last lines, as below
    "lcore/model/flags.def": 'FLAG(SCRATCH, "scratch bit")\n',
    "lcore/stage/lags.def": None,
    "lcore/model/streams.def": None,  # before its last lines: STREAM and OUTPUT
    "lcore/model/export.def": 'EXPORT(SCRATCHES, scratch_value, "count", "scratch field")\n',
    "conf/stages.def": 'STAGE(SCRATCH, scratch, 0, LINKS, "scratch stage")\n',
    "app/wirebar/tele/tele.def": 'TELE("/wirebar/scratch", tele_scratch, "", 0, 0, "scratch path")\n',
    "app/wirebarctl/command.def": None,
}
STREAM = ('STREAM(SCRATCH, scratch, uint64_t, scratch)\n'
          'OUTPUT(SCRATCHES, scratches, "--scratches", SCRATCH, INGEST, "value", "write scratches as CSV")\n')
# Where the row does not go to the end: what it goes before.
BEFORE = {
    "lcore/base/ledger.def": ("LEDGER(bars_sealed", 'LEDGER(scratch_events, print, FACT, "scratch counter")\n'),
    "drivers/feed/feeds.def": ("FEED(pillar_feed)\n", "FEED(scratch_feed)\n"),
    "lcore/model/streams.def": ("#undef STREAM\n", STREAM),
    "lcore/model/sums.def": ("#undef FLOW\n", "SUM(uint64_t, scratch_sum, 3 * p->qty)\n"),
    "lcore/stage/lags.def": ("#undef LAG\n", 'LAG(SCRATCH, scratch_lag, "scratch histogram")\n'),
    "app/wirebarctl/command.def": ("#undef ASK\n", 'ASK(scratch, "", 0, 0, "/wirebar/scratch", show_scratch, "scratch command")\n'),
}
KEY = 'KEY(run, scratch_key, U64, scratch_key, 1, 9, "5", BOOT, "scratch key")\n'
# And its own files.
FILES = {
    "lcore/stage/export_scratch.c": '''
#include "lcore/model/export_csv.h"
#include "lcore/stage/export_row.h"
static size_t header(const struct plant *p, char *line) { return (void)p, export_csv_header(OUTPUT_SCRATCHES, line); }
static size_t row(const struct plant *p, const void *r, char *line) { return (void)p, (void)r, line[0] = 0, 0; }
static int order(const void *a, const void *b) { return (void)a, (void)b, 0; }
static bool all(const struct plant *p, const void *r) { return (void)p, (void)r, true; }
const struct export_stream export_scratches = { sizeof(uint64_t), header, row, order, NULL, all };
''',
    "drivers/feed/scratch.c": '''
#include <string.h>
#include "drivers/feed/blocks.h"
#include "drivers/feed/mold64.h"
#include "lcore/base/bytes.h"
static const uint8_t length_of[256] = { ['P'] = 29 };
static enum ledger_id message(struct feed_channel *c, uint64_t pos, uint16_t frame, const uint8_t *m, struct event *e)
{
	*e = (struct event){ .ts_ns = be64(m + 1), .pos = pos, .instr = symtab_intern(c->symtab, le64(m + 9)), .frame = frame,
			     .channel = c->index, .kind = EV_TRADE, .flags = EVF_CLOCK, .qty = be32(m + 17), .price = (int64_t)be64(m + 21) };
	return LEDGER_INC(c->ledger, scratch_events), LEDGER_messages_applied;
}
static unsigned decode(struct feed_channel *c, struct feed_walk *walk, struct event *out, unsigned max)
{
	return blocks_decode(c, walk, out, max, length_of, be16, message);
}
static const uint8_t *past(const uint8_t *p, const uint8_t *end, uint32_t n) { return blocks_past(p, end, n, be16); }
static bool probe(const uint8_t *p, size_t len) { return len >= MOLD64_HEADER_BYTES && !memcmp(p, "SCRATCH", 7); }
const struct feed scratch_feed = { .name = "scratch10", .title = "scratch", .venue = VENUE_SCRATCH, .lateness_ns = 5 * NS_PER_MS,
				   .probe = probe, .header = mold64_header, .decode = decode, .past = past };
''',
    "lcore/stage/scratch.c": '''
#include "lcore/stage/stage.h"
static size_t bytes(const struct lcore *l) { return (void)l, 64; }
static int init(struct lcore *l, void *mem, char *err, size_t n) { return (void)l, (void)mem, (void)err, (void)n, 0; }
static unsigned poll(struct lcore *l) { l->shared->done = true; return 0; }
const struct stage stage_scratch = { "scratch", bytes, init, poll, NULL, NULL, NULL };
''',
    "app/wirebar/tele_scratch.c": '''
#include "app/wirebar/tele/tele.h"
void tele_scratch(const struct tele_ask *ask, struct tele_reply *r) { (void)ask; tele_number(r, "scratch", 1); }
''',
    "app/wirebarctl/show_scratch.c": '''
#include "app/wirebarctl/show.h"
int show_scratch(const json_t *a, FILE *out) { return fprintf(out, "scratch %d\\n", (int)show_u64(a, "scratch")) < 0; }
''',
}


def edit(path, change):
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))


def listed(meson, name):
    """A room's last list of sources, or its program, with a file more: rooms list what needs no DPDK first."""
    at = list(re.finditer(r"(?:files\(|executable\('wirebar', )(?=')", meson))[-1].end()
    return f"{meson[:at]}'{name}', {meson[at:]}"


class Answer:
    """A telemetry socket that answers one request."""

    def __init__(self, path, answer):
        self.path, self.answer = path, answer

    def __enter__(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.bind(self.path)
        self.sock.listen()
        threading.Thread(target=self.serve, daemon=True).start()
        return self.path

    def serve(self):
        conn, _ = self.sock.accept()
        with conn:
            conn.send(b'{"version": "DPDK 22.11.11", "pid": 1, "max_output_len": 16384}')
            conn.recv(1024)
            conn.send(json.dumps(self.answer).encode())

    def __exit__(self, *_):
        self.sock.close()


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.dir, True)
        tree = os.path.join(cls.dir, "tree")
        for name in ("app", "conf", "drivers", "lcore"):
            shutil.copytree(os.path.join(SOURCE, name), os.path.join(tree, name))
        for name in ("meson.build", "meson_options.txt"):
            shutil.copy(os.path.join(SOURCE, name), tree)
        for path, row in ROWS.items():
            if row:
                edit(os.path.join(tree, path), lambda s, row=row: s + row)
        for path, (end, row) in BEFORE.items():
            edit(os.path.join(tree, path), lambda s, end=end, row=row: s.replace(end, row + end))
        edit(os.path.join(tree, "conf/keys.def"), lambda s: re.sub(r"(?m)^(KEY\(run, )", lambda m: KEY + m.group(1), s, count=1))
        for path, text in FILES.items():
            with open(os.path.join(tree, path), "w") as f:
                f.write(text)
            folder, name = os.path.split(path)
            edit(os.path.join(tree, folder, "meson.build"), lambda s, n=name: listed(s, n))
        build = os.path.join(cls.dir, "build")
        env = dict(os.environ, CFLAGS="", CXXFLAGS="")
        subprocess.run(["meson", "setup", "-Dtests=false", "-Doptimization=0", build, tree], check=True, stdout=subprocess.DEVNULL,
                       env=env)
        made = subprocess.run(["ninja", "-C", build, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode:
            raise AssertionError("a row did not suffice:\n" + made.stdout[-4000:])
        cls.wirebar = os.path.join(build, "app/wirebar/wirebar")
        cls.ctl = os.path.join(build, "app/wirebarctl/wirebarctl")
        cls.marketgen = os.path.join(build, "app/marketgen/marketgen")

    def run_it(self, *args, code=0, program=None):
        done = subprocess.run([program or self.wirebar, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.dir)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def test_docs_have_each(self):
        for page, words in {"counters": ["scratch_events"], "conf": ["scratch_key"], "telemetry": ["/wirebar/scratch", "scratch histogram"],
                            "bars": ["`scratch_sum`", "`SCRATCH`", "scratches.csv", "`scratch_value`"], "wirebarctl": ["| `scratch` | `/wirebar/scratch` |"]}.items():
            text = self.run_it("docs", page)
            for word in words:
                self.assertIn(word, text, page)

    def test_a_run_has_each(self):
        subprocess.run([self.marketgen, "--out", os.path.join(self.dir, "m"), "--venues", "itch", "--instruments", "2", "--messages",
                        "500", "--duration", "5s"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        out = {name: os.path.join(self.dir, name) for name in ("bars.csv", "scratches.csv", "summary.json")}
        self.run_it("replay", os.path.join(self.dir, "m.itch.a.pcap"), "--bars", out["bars.csv"], "--scratches", out["scratches.csv"],
                    "--summary", out["summary.json"], "--lateness", "SCRATCH=1s", "--set", "run.scratch_key=7", "--quiet")
        with open(out["bars.csv"]) as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(list(rows[0])[-1], "scratch_sum")
        self.assertEqual([int(r["scratch_sum"]) for r in rows], [3 * int(r["volume"]) for r in rows])
        self.assertTrue(any(int(r["volume"]) for r in rows))
        with open(out["scratches.csv"]) as f:
            self.assertEqual(f.read(), "scratch_value\n")
        with open(out["summary.json"]) as f:
            text = f.read()
        for word in ("scratch_events", "scratch_lag", "sha256_scratches", '"scratches"'):
            self.assertIn(word, text)

    def test_wirebarctl_has_its_command(self):
        self.assertIn("scratch command", self.run_it("--help", program=self.ctl))
        self.assertIn('did you mean "scratch"', self.run_it("scrach", program=self.ctl, code=2))
        self.assertIn("usage: wirebarctl scratch", self.run_it("scratch", "one", program=self.ctl, code=2))
        with Answer(os.path.join(self.dir, "socket"), {"/wirebar/scratch": {"scratch": 7}}) as path:
            self.assertEqual(self.run_it("--socket", path, "scratch", program=self.ctl), "scratch 7\n")

    def test_the_venue_has_its_bars(self):
        capture, bars = (os.path.join(self.dir, name) for name in ("scratch.pcap", "venue.csv"))
        with open(capture, "wb") as f:
            f.write(struct.pack("<IHHIIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
            for i in range(10):
                ts = 1773149401 * 10**9 + i * 10**8  # 2026-03-10, 09:30:01 in New York
                message = b"P" + struct.pack(">Q8sIQ", ts, b"SPY     ", 100, 500 * 10**6)
                payload = struct.pack(">10sQHH", b"SCRATCH001", 1 + i, 1, len(message)) + message
                udp = struct.pack(">HHHH", 1, 5000, 8 + len(payload), 0) + payload
                ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 9, 17, 0, 0x0a000001, 0xe9360001)
                frame = bytes(12) + b"\x08\x00" + ip + udp
                f.write(struct.pack("<IIII", ts // 10**9, ts % 10**9, len(frame), len(frame)) + frame)
        self.assertRegex(self.run_it("replay", capture, "--venue-bars", bars), r"scratch_events +10\n")
        with open(bars) as f:
            first = next(csv.DictReader(f))
        self.assertEqual((first["venue"], first["symbol"], first["volume"], first["scratch_sum"]), ("SCRATCH", "SPY", "1000", "3000"))

    def test_the_configuration_knows_each(self):
        self.assertIn("run.scratch_key", self.run_it("replay", "none.pcap", "--set", "run.scratch_key=10", code=2).replace("] ", ".")
                      .replace("[", ""))
        conf = os.path.join(self.dir, "stage.conf")
        with open(conf, "w") as f:
            f.write(self.run_it("profile", "bench"))
            f.write("[lcore scratch0]\nstage = scratch\n")
        self.assertIn("no link to it", self.run_it("check", "--conf", conf, code=1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
