#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One row is one row: a copy of the tree gets a row in every list, and each appears where it should, with no other edit.

Run by name only (suite rows): it builds the programs anew."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["WIREBAR_SOURCE"]

# What docs/contributing.md says: list, and the row.
ROWS = {
    "lcore/base/ledger.def": 'LEDGER(scratch_events, print, FACT, "scratch counter")\n',
    "lcore/base/venue.def": 'VENUE(SCRATCH, "", "scratch venue")\n',
    "lcore/model/columns.def": 'COL(scratch_column, U64, "scratch column")\n',
    "lcore/model/flags.def": 'FLAG(SCRATCH, "scratch bit")\n',
    "lcore/model/streams.def": None,  # before its last lines: STREAM and OUTPUT
    "lcore/model/export.def": 'EXPORT(SCRATCHES, scratch_value, "count", "scratch field")\n',
    "conf/stages.def": 'STAGE(SCRATCH, scratch, 0, LINKS, "scratch stage")\n',
    "app/wirebar/tele/tele.def": 'TELE("/wirebar/scratch", tele_scratch, "", 0, 0, "scratch path")\n',
}
STREAM = ('STREAM(SCRATCH, scratch, uint64_t, scratch)\n'
          'OUTPUT(SCRATCHES, scratches, "--scratches", SCRATCH, INGEST, "value", "write scratches as CSV")\n')
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
    "lcore/stage/scratch.c": '''
#include "lcore/stage/stage.h"
static size_t bytes(const struct lcore *l) { return (void)l, 64; }
static int init(struct lcore *l, void *mem, char *err, size_t n) { return (void)l, (void)mem, (void)err, (void)n, 0; }
static unsigned poll(struct lcore *l) { l->done = true; return 0; }
const struct stage stage_scratch = { "scratch", bytes, init, poll, NULL, NULL, NULL };
''',
    "app/wirebar/tele_scratch.c": '''
#include "app/wirebar/tele/tele.h"
void tele_scratch(const struct tele_ask *ask, struct tele_reply *r) { (void)ask; tele_number(r, "scratch", 1); }
''',
}


def edit(path, change):
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))


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
        edit(os.path.join(tree, "lcore/model/streams.def"), lambda s: s.replace("#undef STREAM\n", STREAM + "#undef STREAM\n"))
        edit(os.path.join(tree, "conf/keys.def"), lambda s: re.sub(r"(?m)^(KEY\(run, )", lambda m: KEY + m.group(1), s, count=1))
        for path, text in FILES.items():
            with open(os.path.join(tree, path), "w") as f:
                f.write(text)
            folder, name = os.path.split(path)
            edit(os.path.join(tree, folder, "meson.build"), lambda s, n=name: s.replace("files('", f"files('{n}', '", 1))
        build = os.path.join(cls.dir, "build")
        env = dict(os.environ, CFLAGS="", CXXFLAGS="")
        subprocess.run(["meson", "setup", "-Dtests=false", "-Doptimization=0", build, tree], check=True, stdout=subprocess.DEVNULL,
                       env=env)
        made = subprocess.run(["ninja", "-C", build, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode:
            raise AssertionError("a row did not suffice:\n" + made.stdout[-4000:])
        cls.wirebar = os.path.join(build, "app/wirebar/wirebar")
        cls.marketgen = os.path.join(build, "app/marketgen/marketgen")

    def run_it(self, *args, code=0):
        done = subprocess.run([self.wirebar, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.dir)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def test_docs_have_each(self):
        for page, words in {"counters": ["scratch_events"], "conf": ["scratch_key"], "telemetry": ["/wirebar/scratch"],
                            "bars": ["`scratch_column`", "`SCRATCH`", "scratches.csv", "`scratch_value`"]}.items():
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
            self.assertTrue(f.readline().rstrip("\n").endswith(",scratch_column"))
        with open(out["scratches.csv"]) as f:
            self.assertEqual(f.read(), "scratch_value\n")
        with open(out["summary.json"]) as f:
            text = f.read()
        for word in ("scratch_events", "sha256_scratches", '"scratches"'):
            self.assertIn(word, text)

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
