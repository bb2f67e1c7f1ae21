#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of wirebar report in headless Chromium, as wide as a screen and as narrow as a phone, in the light and in the
dark: what is drawn is there, nothing sticks out, and the console stays empty. One start of the browser for each light."""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import report_kit
import smoke_kit

WIREBAR = smoke_kit.programs(1)
BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
WIDTHS = (360, 1100)
MINUTES = 390
FLAGS = {30: "GAP", 31: "GAP", 100: "HALTED"}
# Runs in the page around the frames; its own line on the console shows that lines there would be seen.
PROBE = """
window.onload = () => {
  const out = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const doc = frame.contentDocument, all = (css) => [...doc.querySelectorAll(css)];
    const box = (e) => e.getBoundingClientRect(), plot = box(doc.querySelector("#candles > svg"));
    out[frame.dataset.width] = {
      width: doc.documentElement.scrollWidth,
      outside: all("figure text, figure rect, h1, h2, p, th, td").filter((e) => !e.closest(".scroll"))
        .filter((e) => box(e).width && (box(e).left < 0 || box(e).right > doc.documentElement.clientWidth + 0.5))
        .map((e) => e.textContent),
      scroll: all(".scroll").map((e) => box(e).right),
      candles: all(".candle").length,
      drawn: all(".candle rect").filter((e) => box(e).width > 0 && box(e).height > 0).length,
      marks: all("#candles .mark").length,
      arrows: all("#candles .mark path").filter((e) => box(e).width > 5 && box(e).left > plot.left - 8 &&
        box(e).right < plot.right + 8 && box(e).top > plot.top && box(e).bottom < plot.bottom).length,
      tips: all("#candles .mark title").map((e) => e.textContent),
      labels: all("#candles .mark text").filter((e) => box(e).width).length,
      shaded: all("#candles .shade rect").length,
      small: all("figure text").filter((e) => box(e).width && box(e).height < 10).length,
      curve: box(doc.querySelector(".net")).width / plot.width,
      rows: all(".trips tbody tr").length,
      text: doc.body.innerText,
      paper: doc.defaultView.getComputedStyle(doc.body).backgroundColor,
      ink: doc.defaultView.getComputedStyle(doc.body).color,
    };
  }
  document.getElementById("out").textContent = JSON.stringify(out);
  console.log("probe done");
};
"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="wirebar-browser-")
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        bars = os.path.join(cls.dir, "bars.csv")
        report_kit.bars(bars, minutes=MINUTES, flags=FLAGS)
        cls.run_of = report_kit.Run(bars, ["SPY", "QQQ"])
        page = os.path.join(cls.dir, "page.html")
        subprocess.run([WIREBAR, "report", *cls.run_of.write(cls.dir + "/"), "--bars", bars, "--symbol", "SPY", "--out", page],
                       check=True)
        with open(page, encoding="utf-8") as f:
            cls.page = f.read()
        cls.light = cls.look("light")
        cls.dark = cls.look("dark", "--blink-settings=preferredColorScheme=0")

    @classmethod
    def look(cls, name, *options):
        around = os.path.join(cls.dir, name + ".html")
        with open(around, "w", encoding="utf-8") as f:
            f.write("<!DOCTYPE html><meta charset=utf-8><pre id=out></pre>")
            for width in WIDTHS:
                f.write(f'<iframe data-width="{width}" width="{width}" height="800" style="border:0" '
                        f'srcdoc="{html.escape(cls.page)}"></iframe>')
            f.write(f"<script>{PROBE}</script>")
        # No sandbox: the user of a build is often root, and the page is our own.
        p = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
                            "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                            "--user-data-dir=" + os.path.join(cls.dir, "profile"), "--enable-logging=stderr", *options,
                            "--window-size=1600,900", "--dump-dom", "file://" + around],
                           capture_output=True, text=True, timeout=150, check=True, env=dict(os.environ, HOME=cls.dir))
        out = re.search(r'<pre id="out">(.*?)</pre>', p.stdout, re.S)
        found = {int(w): v for w, v in json.loads(html.unescape(out.group(1))).items()}
        found["console"] = re.findall(r"CONSOLE.*?\] \"(.*?)\"", p.stderr)
        return found

    def test_console_is_empty(self):
        for look in (self.light, self.dark):
            self.assertEqual(look["console"], ["probe done"])

    def test_needs_nothing_else(self):
        self.assertNotIn("<script", self.page)
        self.assertEqual(re.findall(r"https?:|url\(|@import|src=", self.page), [])

    def test_nothing_sticks_out(self):
        for width in WIDTHS:
            look = self.light[width]
            self.assertEqual(look["outside"], [], width)
            self.assertLessEqual(look["width"], width)
            self.assertTrue(look["scroll"])
            for right in look["scroll"]:  # wide tables move within the page
                self.assertLessEqual(right, width)
            self.assertEqual(look["small"], 0, "text in pictures keeps its size")
            self.assertAlmostEqual(look["curve"], 1, delta=0.01)

    def test_what_is_drawn(self):
        fills = [f for f in self.run_of.fills if f[4] == "SPY"]
        marks = 2 * len(fills) // 3  # an entry is two fills of one candle
        for width in WIDTHS:
            look = self.light[width]
            self.assertEqual((look["candles"], look["drawn"]), (MINUTES, MINUTES))
            self.assertEqual((look["marks"], look["arrows"]), (marks, marks))
            self.assertEqual(look["shaded"], 2)
            self.assertEqual(look["rows"], len(self.run_of.positions))
        self.assertGreater(self.light[1100]["labels"], self.light[360]["labels"])
        self.assertGreater(self.light[360]["labels"], 0)
        first = fills[0]
        self.assertEqual(self.light[360]["tips"][0], "entry: buy 300 @ %.4f at 09:36:01, 2 fills" %
                         ((200 * first[7] + 100 * fills[1][7]) / 300))

    def test_text(self):
        for word in ("SPY \u00b7 2026-03-10", "Result, dollars", "profit factor", "max drawdown, dollars", "exposure",
                     "Drawdown: below its high", "Volume, shares", "10:00", "HALTED", "GAP", "Made from",
                     "%d round trips" % len(self.run_of.positions)):
            self.assertIn(word, self.light[360]["text"])

    def test_in_the_dark(self):
        shade = lambda colour: sum(map(int, re.findall(r"\d+", colour)[:3]))
        for width in WIDTHS:
            light, dark = self.light[width], self.dark[width]
            self.assertGreater(shade(light["paper"]), shade(light["ink"]) + 450)
            self.assertGreater(shade(dark["ink"]), shade(dark["paper"]) + 450)


if __name__ == "__main__":
    if not BROWSER:
        print("no browser: install the Debian package chromium-headless-shell or chromium; skipped")
        sys.exit(77)
    unittest.main()
