#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every write is checked to the end, and what was there before a run that fails is there after it.
Usage: streams_test.py WIREBAR MARKETGEN"""
import csv
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from smoke_kit import SOURCE, Folder, market, programs, wait_for

WIREBAR, MARKETGEN = programs(2)


class Streams(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.capture, = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "20", "--messages", "20k", "--start",
                              "09:29:55", "--duration", "20s")
        cls.conf = os.path.join(cls.dir, "my.conf")
        shutil.copy(os.path.join(SOURCE, "conf/bench.conf"), cls.conf)

    def replay(self, *args, **more):
        more.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([WIREBAR, "replay", self.capture, *args], stderr=subprocess.PIPE, env=self.env, timeout=120,
                              check=False, **more)

    def leftovers(self):
        return [n for n in os.listdir(self.dir) if ".part-" in n]

    def test_the_hash_is_of_the_file(self):
        bars, summary = self.path("b.csv"), self.path("s.json")
        self.assertEqual(self.replay("--quiet", "--bars", bars, "--summary", summary).returncode, 0)
        said = json.loads(self.read(summary))
        self.assertEqual(said["sha256"], hashlib.sha256(self.read(bars)).hexdigest())
        self.assertTrue(said["outputs_kept"])
        self.assertEqual(self.leftovers(), [])

    def test_dash_gives_the_stream_alone(self):
        bars = self.path("b2.csv")
        self.assertEqual(self.replay("--bars", bars).returncode, 0)
        run = self.replay("--bars", "-")
        self.assertEqual((run.returncode, run.stdout), (0, self.read(bars)))
        self.assertIn(b"sha256", run.stderr)
        self.assertEqual(self.replay("--bars", "-", "--fires", "-").returncode, 2)
        self.assertEqual(self.replay("--bars", "-", "--fires", "/dev/stdout").returncode, 2)

    def test_a_scripts_orders_pass_the_checks_of_risk(self):
        """The same script with and without: a limit denies one order, and the others' rows stay what they were."""
        script, risk, rows = self.path("script.csv"), self.path("risk.conf"), {}
        limits = "qty_max notional_max position_max short_max gross_max net_max open_orders_max collar_bps collar_ticks blind_bps " \
            "quote_age duplicate_window symbol_rate entry_rate exit_rate cancel_rate rejects_max denials_max loss_day".split()
        with open(risk, "w", encoding="utf-8") as f:
            f.write("include = builtin:bench\n[risk]\n" + "".join(f"{n} = {'100' if n == 'qty_max' else 'unlimited'}\n" for n in limits))
        bars = self.path("names.csv")
        self.replay("--quiet", "--bars", bars, "--spans", "5s", "--columns", "symbol,close_ts")
        with open(bars, encoding="utf-8") as f:
            symbol = f.read().split("\n")[1].split(",")[0]
        # 09:30:03 in New York on the market's date
        with open(script, "w", encoding="utf-8") as f:
            f.write("ts_ns,action,id,symbol,venue,side,qty,price,tif\n"
                    f"1773149403000000000,new,1,{symbol},itch,B,101,0.01,day\n"
                    f"1773149403100000000,new,2,{symbol},itch,B,100,0.01,day\n"
                    f"1773149403200000000,replace,2,{symbol},itch,,102,,\n"
                    f"1773149403300000000,cancel,2,{symbol},itch,,,,\n")
        for name, more in (("free", []), ("risk", ["--paper-risk"])):
            run = self.replay("--quiet", "--conf", risk, "--paper-script", script, "--orders", self.path(name), *more)
            self.assertEqual(run.returncode, 0, run.stderr)
            with open(self.path(name), encoding="utf-8") as f:
                rows[name] = [tuple(r[k] for k in ("event", "order_id", "state", "reason", "leaves")) for r in csv.DictReader(f)]
        self.assertEqual([r[0] for r in rows["free"]], ["accepted", "accepted", "replaced", "cancelled", "expired"][:len(rows["free"])])
        self.assertEqual(rows["risk"], [("denied", "1", "DENIED", "QTY_MAX", "0"), ("accepted", "2", "LIVE", "", "100"),
                                        ("replace_denied", "2", "LIVE", "QTY_MAX", "100"), ("cancelled", "2", "CANCELLED", "U", "0")])
        for wrong in (["--paper-risk"], ["--paper-risk", "--paper-script", script, "--ingest-lcores", "2"]):
            self.assertEqual(self.replay("--quiet", "--conf", risk, *wrong).returncode, 2)

    def test_outputs_are_no_inputs_and_not_each_other(self):
        new, link, hard = self.path("new.csv"), self.path("link"), self.path("hard")
        os.symlink(self.capture, link)
        os.link(self.capture, hard)
        os.symlink("dangling.csv", self.path("to"))
        odd = os.path.join(self.dir, "..", os.path.basename(self.dir), "new.csv")
        before = self.read(self.capture)
        for args in (["--bars", self.capture], ["--summary", link], ["--fires", hard], ["--bars", new, "--fires", odd],
                     ["--conf", self.conf, "--bars", self.conf], ["--bars", self.path("to"), "--summary", self.path("dangling.csv")]):
            with self.subTest(args):
                run = self.replay(*args)
                self.assertEqual((run.returncode, run.stdout), (2, b""))
                self.assertIn(b"same file", run.stderr)
        self.assertEqual(self.read(self.capture), before)
        self.assertFalse(os.path.exists(new))

    def test_names_of_the_configuration_are_no_captures(self):
        before, old = self.read(self.capture), self.path("precious.txt", "precious")
        for args in (["--set", "run.control_path=" + self.capture], ["--set", "run.control_audit=" + self.capture],
                     ["--set", "tail.path=" + self.capture], ["--bars", old, "--set", "run.control_audit=" + old],
                     ["--set", "run.control_path=" + old]):
            with self.subTest(args):
                run = self.replay("--quiet", *args)
                self.assertEqual(run.returncode, 2, run.stderr)
        self.assertEqual((self.read(self.capture), self.read(old)), (before, b"precious"))

    def test_sockets_of_others_stay(self):
        """Of any kind that somebody listens on; also when the start fails before it has one of its own."""
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
            for audit in ("", "/proc/version"):  # which nobody can write
                path = self.path(f"other-{kind}{bool(audit)}.sock")
                with self.subTest((kind, audit)), socket.socket(socket.AF_UNIX, kind) as other:
                    other.bind(path)
                    if kind != socket.SOCK_DGRAM:
                        other.listen()
                    inode = os.stat(path).st_ino
                    run = self.replay("--quiet", "--set", "run.control_path=" + path, *(["--set", "run.control_audit=" + audit] if audit else []))
                    self.assertNotEqual(run.returncode, 0)
                    self.assertEqual(os.stat(path).st_ino, inode, run.stderr)

    def test_a_refused_run_leaves_yesterday(self):
        old = self.path("old.csv", "precious")
        for args in (["--fires", "/nonexistent/x"], ["--set", "bars.instruments=no"], ["--fires", self.dir],
                     ["--set", "gate.g.rule=5s nothing > 1"]):
            with self.subTest(args):
                self.assertIn(self.replay("--bars", old, *args).returncode, (1, 2))
                self.assertEqual((self.read(old), self.leftovers()), (b"precious", []))

    def test_full_device(self):
        old, summary = self.path("old2.csv", "precious"), self.path("full.json")
        run = self.replay("--bars", "/dev/full", "--fires", old, "--summary", summary)
        self.assertEqual(run.returncode, 1)
        said = json.loads(self.read(summary))
        self.assertEqual((said["exit_code"], said["outputs_kept"]), (1, False))
        self.assertIn("space", said["outputs"]["bars"]["error"])
        self.assertEqual(said["outputs"]["bars"]["sha256"], hashlib.sha256(b"").hexdigest())
        self.assertEqual(self.read(old), b"precious")
        self.assertEqual(self.replay("--quiet", "--summary", "/dev/full").returncode, 1)
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.assertEqual(self.replay(stdout=full).returncode, 1)

    def test_full_disk(self):
        disk = self.path("disk")
        os.mkdir(disk)
        if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False,
                                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("no tmpfs to be had")
        try:
            old = os.path.join(disk, "bars.csv")
            self.path("disk/bars.csv", "precious")
            run = self.replay("--bars", old)
            self.assertEqual((run.returncode, os.listdir(disk), self.read(old)), (1, ["bars.csv"], b"precious"))
            self.assertIn(b"NOT WRITTEN WHOLE", run.stdout)
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_printed_text_is_checked_too(self):
        for args in (["docs", "bars"], ["--help"], ["replay", "--help"], ["check", "--conf", self.conf]):
            with self.subTest(args), open("/dev/full", "w", encoding="utf-8") as full:
                run = subprocess.run([WIREBAR, *args], stdout=full, stderr=subprocess.PIPE, env=self.env, check=False)
                self.assertEqual(run.returncode, 1)
                self.assertIn(b"standard output", run.stderr)
        closed = subprocess.run(["sh", "-c", '"$0" docs bars >&-', WIREBAR], stderr=subprocess.PIPE, env=self.env, check=False)
        self.assertEqual(closed.returncode, 1)

    def test_a_closed_output_is_not_another_file(self):
        bars = self.path("b3.csv")
        run = subprocess.run(["sh", "-c", '"$0" replay "$1" --bars "$2" >&-', WIREBAR, self.capture, bars], env=self.env,
                             stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertTrue(all(line.count(b",") > 30 for line in self.read(bars).splitlines()))

    def test_symbols(self):
        bars, summary = self.path("sym.csv", "precious"), self.path("sym.json")
        for bad in ("", ",", "NINECHARS", "SPY,NINECHARS", "--quiet"):
            with self.subTest(bad):
                self.assertEqual(self.replay("--bars", bars, "--symbols", bad).returncode, 2)
        run = self.replay("--bars", bars, "--symbols", "spy,QQX", "--summary", summary)
        self.assertEqual((run.returncode, self.read(bars)), (1, b"precious"))
        self.assertIn(b"SPY", run.stderr)
        run = self.replay("--bars", bars, "--symbols", "SPY,QQX", "--summary", summary)
        self.assertEqual(run.returncode, 0)
        self.assertIn(b"QQX was never seen; did you mean QQQ", run.stderr)
        self.assertEqual(json.loads(self.read(summary))["symbols_never_seen"], [{"symbol": "QQX", "nearest": "QQQ"}])

    def test_spans_and_columns(self):
        run = self.replay("--quiet", "--bars", "-", "--spans", "1s,5m", "--columns", "close,symbol,span")
        lines = run.stdout.decode().splitlines()
        self.assertEqual((run.returncode, lines[0]), (0, "close,symbol,span"))
        self.assertEqual({line.split(",")[2] for line in lines[1:]}, {"1s", "5m"})
        for bad in (["--spans", "2s"], ["--spans", ""], ["--columns", "close,clse"], ["--columns", "close,close"]):
            self.assertEqual(self.replay("--bars", "-", *bad).returncode, 2)

    def documented(self, bars):
        """The lines of docs/bars.md, run as they stand."""
        with open(os.path.join(SOURCE, "docs/bars.md"), encoding="utf-8") as f:
            code = re.findall(r"```python\n(.*?)```", f.read(), re.S)
        scope, here = {}, os.getcwd()
        os.chdir(os.path.dirname(bars))
        try:
            for block in code:
                exec(block, scope)  # pylint: disable=exec-used
        finally:
            os.chdir(here)
        return scope["bars"], scope["filled"]

    def test_pandas_reads_bars_by_the_documented_lines(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas")
        path = self.path("bars.csv", "symbol,span,open_ts,close_ts,flags,close\n"
                         "NA,1s,2026-03-10T13:30:00.000000000Z,2026-03-10T13:30:01.000000000Z,,10.5\n"
                         "NULL,1s,2026-03-10T13:30:00.000000000Z,2026-03-10T13:30:01.000000001Z,FILL|IDLE,\n"
                         "NA,1s,2026-03-10T13:30:01.000000000Z,2026-03-10T13:30:02.000000000Z,FILL,\n")
        bars, filled = self.documented(path)
        self.assertEqual(list(bars.symbol), ["NA", "NULL", "NA"])
        self.assertEqual(bars.close_ts[1], pandas.Timestamp("2026-03-10T13:30:01.000000001Z"))
        self.assertEqual(list(bars["flags"]), ["", "FILL|IDLE", "FILL"])
        self.assertEqual((filled[2], pandas.isna(filled[1])), (10.5, True))
        self.assertEqual(self.replay("--quiet", "--bars", path, "--fill").returncode, 0)
        bars, filled = self.documented(path)
        self.assertGreater(bars.close.isna().sum(), 0)
        pandas.testing.assert_series_equal(filled, bars.close_filled, check_names=False)


class Marketgen(Folder):
    """The generator's files: all whole, or none; and what stood there before stays."""
    SMALL = ("--venues", "itch", "--instruments", "20", "--messages", "20k", "--start", "09:29:55", "--duration", "20s")

    def setUp(self):
        self.fresh()

    def generate(self, *args, **more):
        more.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([MARKETGEN, "--out", self.path("day"), *self.SMALL, *args], stderr=subprocess.PIPE, check=False,
                              timeout=120, **more)

    def test_full_device(self):
        old = self.path("day.itch.a.pcap", "precious")
        for args in (["--raw", "/dev/full"], ["--truth", "/dev/full"]):
            with self.subTest(args):
                run = self.generate(*args)
                self.assertEqual((run.returncode, os.listdir(self.dir), self.read(old)), (1, ["day.itch.a.pcap"], b"precious"))
                self.assertIn(b"/dev/full: not written whole: No space left on device", run.stderr)

    def test_full_disk(self):
        disk = self.path("disk")
        os.mkdir(disk)
        if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False,
                                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("no tmpfs to be had")
        try:
            for more in ([], ["--gzip"]):
                run = self.generate("--out", disk + "/day", *more)
                self.assertEqual((run.returncode, os.listdir(disk)), (1, []))
                self.assertIn(b"day.itch.a.pcap", run.stderr)
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_reader_that_goes(self):
        with subprocess.Popen([MARKETGEN, "--out", self.path("day"), *self.SMALL, "--raw", "-"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as child:
            child.stdout.read(1)
            child.stdout.close()
            said = child.stderr.read()
            self.assertEqual((child.wait(timeout=60), os.listdir(self.dir)), (1, []))
            self.assertIn(b"-: not written whole: Broken pipe", said)

    def test_closed_and_full_standard_output(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for args in ("--help", "--version"):
                run = subprocess.run([MARKETGEN, args], stdout=full, stderr=subprocess.PIPE, check=False)
                self.assertEqual(run.returncode, 1)
                self.assertIn(b"standard output", run.stderr)
        whole = self.generate("--raw", self.path("raw"))
        want = self.read(self.path("raw"))
        run = subprocess.run(["sh", "-c", '"$0" "$@" >&-', MARKETGEN, "--out", self.path("b"), *self.SMALL, "--raw", "-"], check=False,
                             stderr=subprocess.PIPE)
        self.assertEqual((whole.returncode, run.returncode, [n for n in os.listdir(self.dir) if n[0] == "b"]), (0, 1, []))
        self.assertEqual(self.generate("--raw", "-").stdout, want)

    def test_signals(self):
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(sig.name), subprocess.Popen([MARKETGEN, "--out", self.path("day"), "--messages", "50M", "--venues", "itch"],
                                                          stderr=subprocess.PIPE) as child:
                wait_for(lambda: any(".part-" in n for n in os.listdir(self.dir)))
                child.send_signal(sig)
                _, said = child.communicate(timeout=60)
                self.assertEqual(child.returncode, -sig if sig == signal.SIGKILL else 1)
                self.assertEqual((any(".part-" in n for n in os.listdir(self.dir)), b"no file was kept" in said),
                                 (sig == signal.SIGKILL, sig != signal.SIGKILL))
        run = self.generate()
        self.assertIn(b"of a run that was killed", run.stderr)
        self.assertEqual(sorted(os.listdir(self.dir)), ["day." + n for n in ("itch.a.pcap", "status.csv", "trades.csv", "truth.json")])


unittest.main(verbosity=2)
