#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""wirebar report from the command line: what the page says, what it refuses, and that nothing is left when it refuses."""
import csv
import datetime
import gzip
import hashlib
import json
import os
import re
import subprocess
import unittest

import report_kit
import smoke_kit

WIREBAR, MARKETGEN = smoke_kit.programs(2)


class Report(smoke_kit.Folder):
    def setUp(self):
        self.fresh()
        self.bars = self.path("bars.csv")
        report_kit.bars(self.bars)
        self.run_of = report_kit.Run(self.bars, ["SPY", "QQQ"])
        self.options = [*self.run_of.write(self.path("")), "--bars", self.bars]
        self.out = self.path("out.html")

    def report(self, *options, rc=0, stdin=None, without=()):
        given = [*self.options, "--out", self.out]
        for name in (*without, *(o for o in options if o in given and o.startswith("--"))):
            at = given.index(name)
            del given[at:at + 2]
        p = subprocess.run([WIREBAR, "report", *given, *options], capture_output=True, stdin=stdin, check=False)
        self.assertEqual(p.returncode, rc, p.stderr)
        self.err = p.stderr.decode()
        self.stdout = p.stdout
        return self.read(self.out).decode() if rc == 0 and os.path.exists(self.out) else ""

    def refused(self, text, *options, rc=1, **how):
        self.report(*options, rc=rc, **how)
        self.assertIn(text, self.err)
        self.assertEqual([f for f in os.listdir(self.dir) if "out.html" in f], [], "nothing is written, no temporary stays")

    def change(self, name, old, new):
        """Another file in the place of one: its text with the first `old` replaced. Returns its options."""
        text = self.read(self.path(name + ".csv")).decode()
        self.assertTrue(old in text, old)
        return "--" + name, self.path("other.csv", text.replace(old, new, 1))

    def row(self, page, name):
        return re.search(f'<th scope="row">{re.escape(name)}</th><td[^>]*>([^<]*)</td>', page).group(1).replace("\u2212", "-")

    def test_numbers(self):
        page = self.report()
        closed = [p[10] for p in self.run_of.positions]
        wins = [n for n in closed if n > 0]
        lost = -sum(n for n in closed if n < 0)
        money = lambda v: float(self.row(page, v).replace(",", ""))
        last = self.run_of.equity[-1]
        self.assertEqual(money("net"), float(last[5]))
        self.assertEqual(money("gross"), float(last[4]))
        self.assertEqual(money("fees"), float(last[3]))
        self.assertEqual(self.row(page, "trades"), str(len(closed)))
        self.assertEqual(self.row(page, "win rate"), "%.1f %%" % (100 * len(wins) / len(closed)))
        self.assertEqual(self.row(page, "profit factor"), "%.3f" % (sum(wins) / lost))
        self.assertAlmostEqual(money("expectancy"), float(sum(closed) / len(closed)), delta=0.00006)
        self.assertEqual(self.row(page, "fills"), str(len(self.run_of.fills)))
        high = fall = 0
        for row in self.run_of.equity:
            high = max(high, row[5])
            fall = max(fall, high - row[5])
        self.assertEqual(money("max drawdown, dollars"), float(-fall))
        self.assertEqual(self.row(page, "accepted"), str(len(self.run_of.fills)))
        self.assertEqual(page.count("<tr><td>"), len(closed))
        with open(self.path("fills.csv"), "rb") as f:
            self.assertIn("SHA-256 of the fills " + hashlib.sha256(f.read()).hexdigest(), page)

    def test_candles_and_marks(self):
        page = self.report("--symbol", "QQQ")
        self.assertEqual(page.count('<g class="candle'), 390)
        fills = [f for f in self.run_of.fills if f[4] == "QQQ"]
        self.assertEqual(page.count('<svg class="mark') - page.count('viewBox="-7'), 2 * len(fills) // 3)  # two fills open
        self.assertIn("a candle is 1m. 390 bars read, %d fills" % len(fills), page)
        page = self.report("--span", "5m")
        self.assertEqual(page.count('<g class="candle'), 78)
        self.assertIn("<h1>QQQ", page)  # equal shares: the first by the alphabet

    def test_quality_is_shaded(self):
        report_kit.bars(self.bars, flags={10: "GAP", 11: "FILL|GAP", 12: "GAP|HALTED", 50: "STALE", 60: "BOOK_SUSPECT"})
        page = self.report()
        self.assertEqual(re.findall(r'<rect class="(\w+)" x="([\d.]+)%" width="([\d.]+)%"', page),
                         [("gap", "2.564", "0.769"), ("stale", "12.821", "0.256"), ("halted", "3.077", "0.256")])

    def test_same_bytes(self):
        page = self.report()
        self.assertEqual(self.report("--out", self.path("again.html")), page)
        self.out = "-"
        self.report()
        self.assertEqual(self.stdout.decode(), page)

    def test_pipes_and_gzip(self):
        page = self.report("--symbol", "SPY")
        packed = self.path("bars.csv.gz")
        with gzip.open(packed, "wb") as f:
            f.write(self.read(self.bars))
        same = lambda text: re.sub(r'<footer>.*', "", text, flags=re.S)
        self.assertEqual(same(self.report("--symbol", "SPY", "--bars", packed)), same(page))
        with open(self.path("fills.csv"), "rb") as f:
            self.assertEqual(same(self.report("--symbol", "SPY", "--fills", "-", stdin=f)), same(page))
        with open(packed, "rb") as f:
            self.path("cut.gz")
            whole = f.read()
        with open(self.path("cut.gz"), "wb") as f:
            f.write(whole[:-20])
        os.unlink(self.out)
        self.refused("cut.gz:", "--bars", self.path("cut.gz"))

    def test_trips_left_out(self):
        page = self.report("--trips", "5")
        self.assertEqual(page.count("<tr><td>"), 5)
        self.assertIn("The last 5; %d before them are left out." % (len(self.run_of.positions) - 5), page)

    def test_optional_files(self):
        page = self.report(without=("--positions", "--orders"))
        self.assertNotIn("<h2>Round trips</h2>", page)
        self.assertIn("--positions", page)
        self.assertNotIn("Events of orders", page)

    def test_without_equity(self):
        page = self.report(without=("--equity",))
        realized, fees = (sum(float(f[k]) for f in self.run_of.fills) for k in (11, 9))
        self.assertAlmostEqual(float(self.row(page, "realized less fees")), realized - fees, delta=1e-6)
        self.assertNotIn('id="equity"', page)
        self.assertNotIn("max drawdown", page)
        self.assertEqual(page.count('<g class="candle'), 390)

    def test_equity_of_another_run(self):
        self.assertNotIn("two runs", self.report())
        self.assertEqual(self.err, "")
        last = ",".join(str(v) for v in self.run_of.equity[-1])
        changed = last.replace(f",{self.run_of.equity[-1][1]},", ",9.5,", 1)
        page = self.report(*self.change("equity", last, changed))
        self.assertIn("the equity says 9.50: they may be of two runs", page)
        self.assertIn("not what the fills realized", self.err)

    def test_run_without_fills(self):
        empty = self.path("empty.csv", report_kit.HEADS["fills"] + "\n")
        positions = self.path("none.csv", report_kit.HEADS["positions"] + "\n")
        equity = self.path("zero.csv", report_kit.HEADS["equity"] + "\n")
        page = self.report("--fills", empty, "--positions", positions, "--equity", equity)
        self.assertIn("No fills", page)
        self.assertNotIn("nan", page)
        self.assertNotIn("inf", page)
        self.assertEqual(self.row(page, "win rate"), "\u2013")
        self.assertIn("no rows of equity", page)
        self.assertEqual(self.report("--fills", empty, "--symbol", "SPY").count('<g class="candle'), 390)

    def test_broken_fill(self):
        fill = self.run_of.fills[0]
        self.run_of.fills.append((*fill[:6], -fill[6], fill[7], "A", "0", 0, 0, "", "break"))
        report_kit.write(self.path("fills.csv"), "fills", self.run_of.fills)
        page = self.report("--symbol", fill[4])
        self.assertEqual(self.row(page, "fills broken later"), "1")
        self.assertEqual(page.count(" break\""), 1)
        self.assertEqual(int(self.row(page, "shares").replace(",", "")), sum(f[6] for f in self.run_of.fills))

    def test_text_is_no_markup(self):
        page = self.report(*self.change("positions", "gate\n", "<b>&\"x\xe9\n"))
        self.assertIn("&lt;b&gt;&amp;&quot;x&lt;U+00E9&gt;", page)
        self.assertNotIn("<b>&", page)

    def test_reasons(self):
        page = self.report(*self.change("orders", ",LIVE,0,0,,,script", ",LIVE,0,0,,Q,script"))
        self.assertEqual(self.row(page, "accepted: Q (self-match)"), "1")

    def summary(self, **keys):
        return self.path("run.json", json.dumps(keys))

    def test_summary(self):
        sha = {"sha256_" + n: hashlib.sha256(self.read(self.path(n + ".csv"))).hexdigest() for n in ("fills", "bars", "equity")}
        trading = {"latency_entry_ns": 50000, "latency_response_ns": 1500000, "biases": ["no impact", "own size not seen"],
                   "slippage": {"entry": -0.0125}, "orders": 1234}
        page = self.report("--summary", self.summary(sha256="abcd" * 16, trading=trading, **sha))
        self.assertIn("Hash of the run " + "abcd" * 16, page)
        for name, text in (("latency entry", "50 us"), ("latency response", "1.5 ms"), ("biases", "no impact; own size not seen"),
                           ("slippage entry", "-0.0125"), ("orders", "1,234")):
            self.assertEqual(self.row(page, name), text)
        self.assertEqual(self.err, "")
        os.unlink(self.out)
        self.refused("fills.csv: not of the run of", "--summary", self.summary(**{**sha, "sha256_fills": "0" * 64}))
        page = self.report("--summary", self.summary(**{**sha, "sha256_bars": "0" * 64}))
        self.assertIn("The bars are not the bytes", page)
        self.assertIn("drawn nevertheless", self.err)
        os.unlink(self.out)
        self.refused("run.json:1: column 2:", "--summary", self.path("run.json", "{,}"))
        self.refused("no JSON object", "--summary", self.path("run.json", "[]"))

    def test_refused(self):
        for change, text in (
                (("fills", "price", "px"), "other.csv:1: no column price"),
                (("fills", ",buy,", ",B?,"), 'other.csv:2: column side: found "B?", wanted a side'),
                (("fills", ",200,", ",-200,"), "column qty: found \"-200\", wanted at least 1 share"),
                (("fills", ",200,", ",2e2,"), "column qty: found \"2e2\""),
                (("equity", "T13:35", "T13:36"), "other.csv:7: column ts: found \"2026-03-10T13:36"),
                (("equity", "0.00,0.00\n", "0.00\n"), "other.csv:2: 5 fields, the first line has 6"),
                (("positions", "T13:3", "T23:3"), "column closed: found"),
                (("bars", "\nSPY,1m,2026-03-10T13:31", "\nSPY,1m,2026-03-10T13:30"), "other.csv:4: column open_ts: found"),
                (("bars", "symbol,span", "venue,symbol,span"), "bars by venue"),
                (("bars", ",1m,", ",1x,"), "column span"),
                (("orders", ",accepted,", ",,"), "column event: found \"\"")):
            with self.subTest(change):
                self.refused(text, *self.change(*change), "--symbol", "SPY")
        self.refused("no bars of IBM at span 1m: found none", "--symbol", "IBM")
        self.refused("no bars of SPY at span 5s: found spans 1m 5m", "--symbol", "SPY", "--span", "5s")
        self.refused("nowhere.csv: No such file", "--equity", self.path("nowhere.csv"))
        self.refused("Is a directory", "--equity", self.dir)
        self.refused("no regular file", "--fills", "/dev/null")
        self.out = self.path("no/out.html")
        self.refused("No such file or directory")

    def test_the_page_takes_the_place_of_no_input(self):
        fills, linked = self.path("fills.csv"), self.path("linked")
        os.link(fills, linked)
        before = self.read(fills)
        for out in (fills, linked):
            self.report("--out", out, rc=2)
            self.assertIn("--out: found the file of --fills", self.err)
        self.assertEqual(self.read(fills), before)

    def test_usage(self):
        for text, options, without in (
                ("--fills FILE is missing", (), ("--fills",)), ("--span: found \"2m\"", ("--span", "2m"), ()),
                ("--trips: found \"0\"", ("--trips", "0"), ()), ("--trips: found \"1001\"", ("--trips", "1001"), ()),
                ("--symbol: found \"\"", ("--symbol", ""), ()), ("no such option", ("--wrong",), ()),
                ("found \"more\"", ("more",), ()), ("needs --symbol", ("--fills", "-"), ()),
                ("only one file", ("--bars", "-", "--equity", "-"), ())):
            with self.subTest(text):
                self.refused(text, *options, rc=2, without=without)
        p = subprocess.run([WIREBAR, "report", "--equity", "e"], capture_output=True, text=True, check=False)
        self.assertEqual(p.returncode, 2)
        p = subprocess.run([WIREBAR, "help", "report"], capture_output=True, text=True, check=True)
        for option in ("equity", "fills", "bars", "positions", "orders", "summary", "symbol", "span", "trips", "out", "help"):
            self.assertIn("--" + option, p.stdout)

    def test_files_of_a_replay(self):
        """Market orders every two minutes at a generated open: what replay writes, report reads."""
        captures = smoke_kit.market(MARKETGEN, self.path("m"), "--instruments", "2", "--messages", "40k", "--duration", "20m",
                                    "--venues", "itch", "--seed", "4")
        with open(self.path("m.trades.csv"), encoding="ascii") as f:
            symbol = next(csv.DictReader(f))["symbol"]
        begin = int(datetime.datetime(2026, 3, 10, 13, 31, tzinfo=datetime.timezone.utc).timestamp()) * 10**9
        script = self.path("script.csv", "ts_ns,action,id,symbol,venue,side,qty,price,tif\n" + "".join(
            f"{begin + n * 120 * 10**9},new,{n + 1},{symbol},itch,{'BBSSBSSB'[n]},100,,ioc\n" for n in range(8)))
        files = {n: self.path(f"real.{n}.csv") for n in ("bars", "orders", "fills")}
        files["summary"] = self.path("real.json")
        options = [v for n, path in files.items() for v in ("--" + n, path)]
        subprocess.run([WIREBAR, "replay", *captures, "--paper-script", script, *options, "--quiet", "--file-prefix",
                        f"wbreport{os.getpid()}"], check=True, env=self.env, timeout=120)
        self.options = options
        page = self.report()
        self.assertEqual(self.err, "")
        with open(files["fills"], encoding="ascii") as f:
            fills = list(csv.DictReader(f))
        with open(files["bars"], encoding="ascii") as f:
            bars = [r for r in csv.DictReader(f) if (r["symbol"], r["span"]) == (symbol, "1m") and r["open"]]
        with open(files["summary"], encoding="utf-8") as f:
            self.assertIn("Hash of the run " + json.load(f)["sha256"], page)
        self.assertGreaterEqual(len(fills), 8)
        self.assertEqual(self.row(page, "fills"), str(len(fills)))
        self.assertEqual(self.row(page, "shares"), "800")
        self.assertEqual(self.row(page, "accepted"), "8")
        self.assertEqual(page.count('<g class="candle'), len(bars))
        self.assertIn(f"<h1>{symbol} ", page)
        realized = sum(float(f["realized"]) for f in fills)
        self.assertAlmostEqual(float(self.row(page, "realized, gross")), realized, delta=1e-6)


if __name__ == "__main__":
    unittest.main()
