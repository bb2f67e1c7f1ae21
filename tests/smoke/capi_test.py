#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""libwirebar without an appliance: the examples of docs/capi.md, from C and from Python, give the CSV to the byte, and
what else a caller may do. usage: capi_test.py WIREBAR MARKETGEN CAPI_ROWS LIBWIREBAR"""
import ctypes as c
import json
import os
import re
import subprocess
import threading
import unittest

import smoke_kit

WIREBAR, MARKETGEN, ROWS, LIBRARY = smoke_kit.programs(4)
HEADER = os.path.join(smoke_kit.SOURCE, "app", "libwirebar", "wirebar.h")
EXAMPLE = os.path.join(smoke_kit.SOURCE, "app", "libwirebar", "examples", "rows.py")
OK, FAILED, USAGE, LOSSY, LAYOUT, ABSENT = 0, 1, 2, 3, 5, 4
CALL = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def nm(*options):
    return subprocess.run(["nm", "-D", *options, LIBRARY], capture_output=True, text=True, check=True).stdout


# A sanitized library cannot be loaded by a program that is not.
loads = unittest.skipIf("__asan_init" in nm("--undefined-only"), "a sanitized library")


class Run(c.Structure):
    _fields_ = [("bytes", c.c_size_t), ("files", c.POINTER(c.c_char_p)), ("n_files", c.c_size_t), ("conf", c.c_char_p),
                ("ctx", c.c_void_p), ("row", CALL), ("fire", CALL), ("sweep", CALL), ("fill", c.c_uint32), ("pad", c.c_uint32)]


class Result(c.Structure):
    _fields_ = [("bytes", c.c_size_t), ("rows", c.c_uint64), ("fires", c.c_uint64), ("sweeps", c.c_uint64),
                ("stopped", c.c_uint32), ("pad", c.c_uint32), ("counter", c.POINTER(c.c_uint64)), ("n_counters", c.c_size_t)]


class Library:
    def __init__(self):
        self.lib = c.CDLL(LIBRARY)
        for name in ("csv_row", "csv_fire"):
            getattr(self.lib, f"wirebar_{name}").argtypes = [c.c_void_p, c.c_char_p, c.c_size_t]
        self.lib.wirebar_format.argtypes = [c.c_void_p, c.c_int, c.c_char_p, c.c_size_t]
        for name in ("counter_name", "column_name"):
            getattr(self.lib, f"wirebar_{name}").restype = c.c_char_p
        self.text = c.create_string_buffer(4096)

    def say(self, function, *args):
        getattr(self.lib, f"wirebar_{function}")(*args, self.text, c.c_size_t(4096))
        return self.text.value.decode()

    def run(self, files, conf=None, row=None, fire=None, sweep=None, fill=0):
        paths = (c.c_char_p * len(files))(*[os.fsencode(path) for path in files])
        counter = (c.c_uint64 * self.lib.wirebar_counters())()
        run = Run(c.sizeof(Run), paths, len(files), conf, None, CALL(row) if row else CALL(), CALL(fire) if fire else CALL(),
                  CALL(sweep) if sweep else CALL(), fill, 0)
        result = Result(bytes=c.sizeof(Result), counter=counter, n_counters=len(counter))
        why = c.create_string_buffer(512)
        code = self.lib.wirebar_run(c.byref(run), c.byref(result), why, c.c_size_t(512))
        counts = {self.lib.wirebar_counter_name(i).decode(): counter[i] for i in range(result.n_counters)}
        return code, result, counts, why.value.decode()


class Market(smoke_kit.Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = smoke_kit.market(MARKETGEN, os.path.join(cls.dir, "m"), "--seed", "5", "--instruments", "50", "--messages",
                                        "30k", "--start", "09:29:50", "--duration", "40s")
        cls.told = {}
        for name, options in {"plain": [], "fill": ["--fill"]}.items():
            out = os.path.join(cls.dir, name)
            subprocess.run([WIREBAR, "replay", *cls.captures, "--quiet", "--bars", f"{out}.csv", "--fires", f"{out}.fires", "--summary",
                            f"{out}.json", *options], check=True, env=cls.env)
            cls.told[name] = [text(f"{out}.{e}") for e in ("csv", "fires", "json")]

    @staticmethod
    def library():
        return Library()

    def test_only_wirebar_leaves_it_and_all_that_the_header_has(self):
        names = [line.split()[-1].split("@") for line in nm("--defined-only").splitlines() if " A " not in line]
        declared = set(re.findall(r"WIREBAR_API [^(;]*?(wirebar_\w+)\(", text(HEADER)))
        self.assertEqual({name[0] for name in names}, declared)
        self.assertEqual({name[-1] for name in names}, {"WIREBAR_0"})

    def test_the_example_in_c_writes_the_csv(self):
        out = subprocess.run([ROWS, *self.captures], capture_output=True, text=True, env=self.env, check=True)
        self.assertEqual((out.stdout, out.stderr), (self.told["plain"][0], ""))
        self.assertGreater(out.stdout.count("\n"), 500)

    def test_the_example_in_c_says_what_is_wrong(self):
        cut = self.path("cut.pcap")
        with open(cut, "wb") as f:
            f.write(self.read(self.captures[0])[:100000])
        for files, code, said in (([], USAGE, "0 captures"), ([EXAMPLE], FAILED, "not a capture"), ([cut], LOSSY, "port_cut_tail_bytes"),
                                  (["journal-00000007-20260102-ingest0.pcapng"], USAGE, "packet journal")):
            out = subprocess.run([ROWS, *files], capture_output=True, text=True, env=self.env, check=False)
            self.assertEqual(out.returncode, code, out.stderr)
            self.assertIn(said, out.stderr)

    @loads
    def test_the_example_in_python_writes_the_csv(self):
        env = dict(self.env, LIBWIREBAR=LIBRARY)
        out = subprocess.run(["/usr/bin/python3", EXAMPLE, *self.captures], capture_output=True, text=True, env=env, check=True)
        self.assertEqual((out.stdout, out.stderr), (self.told["plain"][0], ""))

    @loads
    def test_rows_fires_and_counters_are_those_of_a_replay_twice(self):
        lib = self.library()
        for fill, name in ((0, "plain"), (1, "fill"), (0, "plain")):
            rows, fires, sweeps = [lib.say("csv_header")], [lib.say("csv_fire_header")], []
            code, result, counts, why = lib.run(self.captures, None, lambda _, r: rows.append(lib.say("csv_row", r)) or 0,
                                                lambda _, f: fires.append(lib.say("csv_fire", f)) or 0,
                                                lambda _, s: sweeps.append(s) or 0, fill)
            self.assertEqual((code, why), (OK, ""))
            bars, told, summary = self.told[name]
            self.assertEqual("".join(rows), bars)
            self.assertEqual("".join(fires), told)
            self.assertGreater(len(fires), 1)
            self.assertEqual((result.rows, result.fires, result.sweeps), (len(rows) - 1, len(fires) - 1, len(sweeps)))
            ledger = json.loads(summary)["ledger"]
            data = {k: v for k, v in ledger.items() if not k.startswith(("fires", "orders", "journal", "lag"))}
            self.assertEqual({k: counts[k] for k in data}, data)
            self.assertGreater(counts["messages_applied"], 1000)

    @loads
    def test_what_is_lost_damaged_or_begins_anew_is_so_here_too(self):
        out, raw = os.path.join(self.dir, "d"), os.path.join(self.dir, "raw.itch50")
        hurt = smoke_kit.market(MARKETGEN, out, "--seed", "7", "--instruments", "30", "--messages", "20k", "--start", "09:29:50",
                                "--duration", "30s", "--venues", "itch,iex,pillar", "--lines", "AB", "--lag", "20ms", "--vlan", "7", "--loss",
                                "0.05", "--dup", "0.02", "--reorder", "0.05", "--swap", "0.02", "--corrupt", "0.02", "--strangers", "0.01",
                                "--restarts", "1", "--sessions", "2", "--raw", raw)
        for captures, holes in ((hurt, True), ([raw], False)):
            done = subprocess.run([WIREBAR, "replay", *captures, "--quiet", "--bars", f"{out}.csv", "--fires", f"{out}.fires", "--summary",
                                   f"{out}.json"], check=False, env=self.env, stderr=subprocess.DEVNULL)
            lib = self.library()
            rows, fires = [lib.say("csv_header")], [lib.say("csv_fire_header")]
            code, _, counts, _ = lib.run(captures, None, lambda _, r: rows.append(lib.say("csv_row", r)) or 0,
                                         lambda _, f: fires.append(lib.say("csv_fire", f)) or 0)
            self.assertEqual((code, "".join(rows), "".join(fires)), (done.returncode, text(f"{out}.csv"), text(f"{out}.fires")))
            ledger = json.loads(text(f"{out}.json"))["ledger"]
            data = {k: v for k, v in ledger.items() if not k.startswith(("fires", "orders", "journal", "lag"))}
            self.assertEqual({k: counts[k] for k in data}, data)
            self.assertGreater(len(rows), 100)
            if holes:
                for k in ("gaps", "frames_stranger", "session_changes", "sequence_restarts", "held_packets", "messages_duplicate"):
                    self.assertGreater(counts[k], 0, k)

    @loads
    def test_cells_are_the_fields_of_the_line(self):
        lib, seen = self.library(), []

        def row(_, r):
            cells = [lib.say("format", r, i) for i in range(lib.lib.wirebar_columns())]
            seen.append((",".join(cells) + "\n", lib.say("csv_row", r)))
            return 0

        self.assertEqual(lib.run(self.captures, None, row)[0], OK)
        for cells, line in seen:
            self.assertEqual(cells, line)
        names = [lib.lib.wirebar_column_name(i).decode() for i in range(lib.lib.wirebar_columns())]
        self.assertEqual(",".join(names) + "\n", lib.say("csv_header"))
        self.assertEqual([lib.lib.wirebar_column(n.encode()) for n in names], list(range(len(names))))

    @loads
    def test_a_callback_stops_it(self):
        rows = []
        code, result, counts, why = self.library().run(self.captures, None, lambda _, r: rows.append(r) or len(rows) == 7)
        self.assertEqual((code, len(rows), result.rows, result.stopped), (LOSSY, 7, 7, 1))
        self.assertGreater(counts["port_unplayed_bytes"], 0)
        self.assertIn("port_unplayed_bytes", why)

    @loads
    def test_a_run_within_a_run_is_refused(self):
        codes = []

        def row(_, r):
            codes.append(self.library().run(self.captures)[0])
            thread = threading.Thread(target=lambda: codes.append(self.library().run(self.captures)[0]))
            thread.start()
            thread.join()
            return 1

        self.library().run(self.captures, None, row)
        self.assertEqual(codes, [FAILED, FAILED])
        self.assertEqual(self.library().run(self.captures)[0], OK)

    @loads
    def test_a_configuration_is_text_and_is_refused_with_its_line(self):
        lib = self.library()
        for conf, said in ((b"[bars]\nlateness = soon\n", "conf:2"), (b"[gate g]\nrule = 5s nothing > 1\n", "conf:2"),
                           (b"[feed]\nfeed = other\n", "other"), (b"[port replay]\nfiles = x\n", "files"),
                           (b"[feed]\ndate = never\n", "YYYY-MM-DD"),
                           (b"[run]\nstop_frames = 9\n", "stop_frames")):
            code, _, _, why = lib.run(self.captures, conf)
            self.assertEqual(code, USAGE, why)
            self.assertIn(said, why)
        fires = []
        gate = b"[gate up]\nrule = 1s close_filled > 0\n"
        self.assertEqual(lib.run(self.captures, gate, None, lambda _, f: fires.append(lib.say("csv_fire", f)) or 0)[0], OK)
        self.assertTrue(fires and all(",up," in f for f in fires), fires)
        code, _, _, why = lib.run(self.captures, b"include = builtin:bench\n[orders]\nenabled = yes\n", None, lambda _, f: 0)
        self.assertEqual(code, USAGE, why)
        # A day of the configuration is gone with it.
        rows = []
        self.assertEqual(lib.run(self.captures, None, lambda _, r: rows.append(lib.say("csv_row", r)) or 0)[0], OK)
        self.assertEqual(lib.say("csv_header") + "".join(rows), self.told["plain"][0])

    @loads
    def test_nobody_to_attach_to(self):
        os.environ["RUNTIME_DIRECTORY"] = self.dir
        handle, why = c.c_void_p(1), c.create_string_buffer(512)
        self.assertEqual(self.library().lib.wirebar_attach(c.byref(handle), None, why, c.c_size_t(512)), ABSENT)
        self.assertIsNone(handle.value)
        self.assertIn("no appliance", why.value.decode())

    @loads
    def test_another_list_of_columns_is_refused(self):
        check = self.library().lib.wirebar_compatible
        self.assertEqual(check(b"symbol SYM;span SPAN;"), OK)
        for columns in (b"", b"span SPAN;symbol SYM;", b"symbol SYM;span SPA"):
            self.assertEqual(check(columns), LAYOUT, columns)


if __name__ == "__main__":
    unittest.main()
