#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The console's page in headless Chromium: nothing on the browser's console and no violation of its policy, numbers that are
wirebarctl's, 50 snapshots a second without one missing, narrow and dark, a verdict that turns whoever falls silent.
Usage: console_browser_test.py WIREBAR WIREBARCTL MARKETGEN [PNG]; PNG: a picture of the page goes there"""
import base64
import json
import re
import signal
import sys
import unittest

import browser_kit
import console_kit
from smoke_kit import freeze, programs, wait_for

PICTURE = sys.argv.pop(4) if len(sys.argv) > 4 and sys.argv[4].endswith(".png") else None
PROGRAMS = programs(3)
RATE = 50


class Page(console_kit.Console):
    programs = PROGRAMS
    options = ("--set", f"console.updates={RATE}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser_kit.Browser(cls.dir)
        cls.addClassCleanup(cls.browser.close)
        cls.symbol()
        cls.browser.width(1200)
        cls.browser.open(f"http://127.0.0.1:{cls.port}/")
        cls.look = cls.browser.run
        wait_for(lambda: cls.look("Number(document.body?.dataset.updates || 0)") > 20)
        wait_for(lambda: cls.look("document.querySelectorAll('#bars tbody tr').length") > 2)
        cls.charts = bool(cls.look("Boolean(window.LightweightCharts && window.uPlot)"))

    def text(self, css):
        return self.look(f"document.querySelector({json.dumps(css)}).innerText")

    def cells(self, table):
        return self.look(f"[...document.querySelectorAll('#{table} tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))")

    def test_a_the_console_is_empty(self):
        self.look("console.log('probe')")
        self.look("0")
        # A loaded appliance may not answer a question in time, which is shown.
        said = [s for s in (s.get("entry", s) for s in self.browser.said) if " 503 " not in s.get("text", "")]
        self.assertEqual(len(said), 1, said)  # and lines there would be seen
        self.assertEqual(said[0]["args"][0]["value"], "probe")

    def test_numbers_are_those_of_wirebarctl(self):
        number = lambda t: int(t.replace(",", ""))

        def alike():
            before = json.loads(self.ctl("ledger"))
            wait_for(lambda: number(dict(self.cells("ledger"))["frames_rx"]) > before["frames_rx"])
            shown = {k: number(v) for k, v in self.cells("ledger")}
            after = json.loads(self.ctl("ledger"))
            for k, v in shown.items():
                self.assertTrue(before[k] <= v <= after[k], (k, before[k], v, after[k]))
            return len(shown)
        self.assertGreater(alike(), 10)
        self.assertEqual([r[0] for r in self.cells("lcores")], list(json.loads(self.ctl("lcores"))))
        self.assertEqual({r[0].split(":")[0] for r in self.cells("links")}, set(json.loads(self.ctl("links"))))
        self.assertTrue(self.look("document.getElementById('parts-of').hidden"))  # nobody supervises it
        symbol, span = self.look("document.getElementById('symbol').value"), self.text("#span :checked")
        wanted = json.loads(self.ctl("bars", symbol, span, "100", "open_ts+close_filled+volume"))
        known = {t[11:19]: (c, str(v)) for t, c, v in zip(wanted["open_ts"], wanted["close_filled"], wanted["volume"])}
        shown = [(r[0], (r[4], r[5].replace(",", ""))) for r in self.cells("bars")]
        same = [known[at] == row for at, row in shown if at in known]
        self.assertTrue(all(same) and len(same) > 2, (shown, known))

    def test_snapshots_come_at_the_rate(self):
        seen = self.look("""new Promise((done) => {
            const n = [], from = performance.now(), s = new EventSource("/events");
            s.addEventListener("snapshot", (e) => {
                n.push(JSON.parse(e.data));
                if (n.length < 150) return;
                s.close();
                done({ n: n.map((x) => x.n), rate: n[0].rate, health: n.filter((x) => x.topics.health).length,
                       per_s: 149000 / (performance.now() - from) });
            });
        })""")
        self.assertEqual((seen["n"], seen["rate"]), (list(range(150)), RATE))
        self.assertGreater(seen["health"], 10)
        print(f"snapshots a second: {seen['per_s']:.1f}, {seen['health']} of 150 with another health", file=sys.stderr)

    def test_charts(self):
        self.assertEqual(self.look("document.getElementById('no-charts').hidden"), self.charts)
        if not self.charts:
            self.skipTest("this build has no charts")
        self.assertGreater(self.look("document.querySelectorAll('#candles canvas').length"), 3)
        self.assertGreater(self.look("Number(document.getElementById('candles').dataset.bars)"), 2)
        self.assertGreater(self.look("document.querySelector('#lag canvas').width"), 200)
        self.assertIn("TradingView", self.text("footer"))

    def test_narrow_and_dark(self):
        shade = lambda colour: sum(map(int, re.findall(r"\d+", colour)[:3]))
        paper, ink = ("getComputedStyle(document.body)." + k for k in ("backgroundColor", "color"))
        self.browser.light("light")
        self.assertGreater(shade(self.look(paper)), shade(self.look(ink)) + 450)
        self.browser.light("dark")
        self.assertGreater(shade(self.look(ink)), shade(self.look(paper)) + 450)
        self.browser.width(360, 740)
        wait_for(lambda: self.look("innerWidth") == 360)
        self.assertLessEqual(self.look("document.documentElement.scrollWidth"), 360)
        self.assertEqual(self.look("""[...document.querySelectorAll('h1, h2, p, section, input, button, .plot')].filter((e) =>
            e.getBoundingClientRect().width && e.getBoundingClientRect().right > 360.5).map((e) => e.outerHTML.slice(0, 80))"""), [])
        self.browser.width(1200)
        self.browser.light("light")

    def test_a_command(self):
        self.look("""for (const [id, v] of [["token", "%s"], ["confirm", "halt"], ["reason", "by the page"]])
            document.getElementById(id).value = v;
            [...document.querySelectorAll("#verbs button")].find((b) => b.textContent === "halt").click()""" % console_kit.TOKEN)
        wait_for(lambda: "halt: done" in self.text("#control-said"))
        wait_for(lambda: "TRADING: HALT" in self.text("#verdict-word").upper())
        self.assertIn("by the page", self.text("#verdict-why"))
        self.look("""document.getElementById("confirm").value = "kill";
            [...document.querySelectorAll("#verbs button")].find((b) => b.textContent === "resume").click()""")
        wait_for(lambda: "resume: refused: not confirmed" in self.text("#control-said"))
        self.assertIn("mode", self.ctl("resume", "as it was"))
        # A refusal is a line of the browser's own, which is not ours.
        self.browser.said = [s for s in self.browser.said if "/control/" not in str(s)]

    def test_z_a_silence_turns_the_verdict(self):
        css = "document.getElementById('verdict').className"
        word = "document.getElementById('verdict-word').textContent"
        wait_for(lambda: self.look(css) == "good")
        if PICTURE:
            self.picture()
        # The feed: an ingest lcore takes nothing, while the appliance goes on answering.
        self.assertIn("does nothing", self.ctl("debug", "stall", "ingest0", "4500"))
        why = wait_for(lambda: self.look(css) != "good" and self.text("#verdict-why"))
        self.assertRegex(why, r"old|silent|lag")
        self.assertNotIn(self.look(word), ("no answer", "stale"))
        wait_for(lambda: self.look(css) == "good")
        freeze(self.replay.pid)
        wait_for(lambda: self.look(word) == "no answer")
        self.assertEqual(self.look(css), "bad")
        self.replay.send_signal(signal.SIGCONT)
        wait_for(lambda: self.look(css) == "good")
        freeze(self.server.pid)  # nobody says so but the page
        wait_for(lambda: self.look(word) == "stale")
        self.assertEqual(self.look(css), "bad")
        self.server.send_signal(signal.SIGCONT)
        wait_for(lambda: self.look(css) == "good")

    def picture(self):
        self.browser.width(1000, 1150)
        wait_for(lambda: self.look("document.getElementById('candles').dataset.bars") and not self.look("new Promise((d) => setTimeout(d, 1500))"))
        got = self.browser.send("Page.captureScreenshot", format="png")
        with open(PICTURE, "wb") as f:
            f.write(base64.b64decode(got["data"]))


if __name__ == "__main__":
    if not browser_kit.BROWSER:
        print("no browser: install the Debian package chromium-headless-shell or chromium; skipped")
        sys.exit(77)
    unittest.main()
