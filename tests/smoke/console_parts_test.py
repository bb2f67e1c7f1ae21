#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a supervised wirebar on the console's page, in headless Chromium: as wirebarctl has them; while one is down, too; and
told when nobody answers for them.
Usage: console_parts_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import signal
import sys
import unittest

import browser_kit
from console_kit import Served
from smoke_kit import ask, freeze, market, programs, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
CONF = """include = builtin:demo
[eal]
file_prefix = {prefix}
[port replay]
files = {captures}
speed = 0.05x
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
history = 16
[supervise]
pause = 4s
start = 60s
[run]
slow_poll = 2s
state_dir = {folder}
control_audit = {folder}/audit
"""
SHOWN = ("name", "state", "cores", "pid", "restarts", "restarts_left")


class Parts(Served):
    ends = signal.SIGTERM  # a supervisor ends its parts

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = f"parts{os.getpid()}"
        cls.begin(WIREBAR)
        captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "5", "--messages", "20k", "--duration", "10m")
        conf = os.path.join(cls.dir, "parts.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(CONF.format(prefix=cls.prefix, captures=",".join(captures), folder=cls.dir))
        cls.up = cls.start("up", "--conf", conf)
        wait_for(lambda: cls.part().get("state") == "ok")
        port = cls.console("--conf", conf)
        cls.browser = browser_kit.Browser(cls.dir)
        cls.addClassCleanup(cls.browser.close)
        cls.browser.open(f"http://127.0.0.1:{port}/")
        cls.look = cls.browser.run
        wait_for(cls.rows)

    @classmethod
    def part(cls):
        """As wirebarctl --json says it."""
        done = ask(CTL, cls.env, cls.prefix, "--json", "parts")
        return json.loads(done.stdout)["parts"][0] if done.returncode in (0, 1) and done.stdout else {}

    @classmethod
    def rows(cls):
        """Of the page, by the names of its head."""
        return cls.look("""(() => { const head = [...document.querySelectorAll('#parts thead th')].map((h) => h.textContent);
            return [...document.querySelectorAll('#parts tbody tr')].map((r) =>
                Object.fromEntries([...r.cells].map((c, i) => [head[i], c.textContent]))); })()""")

    def alike(self):
        """The page's row, where what moves lies between two answers of wirebarctl."""
        number = lambda text: int(text.replace(",", ""))

        def seconds(row):
            parts = [int(x) for x in row["uptime"].split(":")]
            return 3600 * parts[0] + 60 * parts[1] + parts[2]

        def newer(row):
            return number(row["frames"]) >= before["frames"] and seconds(row) >= before["uptime_s"] and row["state"] == before["state"]
        before = self.part()
        shown = wait_for(lambda: (lambda r: r and newer(r[0]) and r[0])(self.rows()))
        after = wait_for(lambda: (lambda p: p["frames"] >= number(shown["frames"]) and p["uptime_s"] >= seconds(shown) and p)(self.part()))
        for key in SHOWN:
            self.assertEqual(shown[{"name": "part", "restarts_left": "left"}.get(key, key)], str(after[key]), key)
        self.assertTrue(before["uptime_s"] <= seconds(shown) <= after["uptime_s"], (before, shown, after))
        return shown, after

    def test_a_as_wirebarctl_has_them(self):
        shown, part = self.alike()
        self.assertEqual((shown["state"], shown["restarts"], len(self.rows())), ("ok", "0", 1))
        self.assertTrue(shown["cores"] and f"cores=[{shown['cores']}]" in part["row"], part)
        self.assertFalse(self.look("document.getElementById('parts-of').hidden"))

    def test_b_one_that_is_down_and_comes_again(self):
        os.kill(self.part()["pid"], signal.SIGKILL)
        down = wait_for(lambda: (lambda r: r and r[0]["state"] == "waiting" and r[0])(self.rows()))
        self.assertEqual((down["why"], self.look("document.querySelector('#parts tbody td:nth-child(2)').className")), ("killed by signal 9", "bad"))
        wait_for(lambda: self.part()["state"] == "ok" and self.rows()[0]["state"] == "ok")
        self.assertEqual(self.alike()[0]["restarts"], "1")

    def test_c_nobody_answers_for_them(self):
        freeze(self.up.pid)
        said = wait_for(lambda: not self.rows() and self.look("document.querySelector('#parts caption').textContent"))
        self.assertIn("no answer", said)
        self.up.send_signal(signal.SIGCONT)
        wait_for(self.rows)

    def test_d_who_only_looks_is_in_no_audit(self):
        with open(os.path.join(self.dir, "audit"), encoding="utf-8") as f:
            self.assertNotIn('"parts"', f.read())


if __name__ == "__main__":
    if not browser_kit.BROWSER:
        print("no browser: install the Debian package chromium-headless-shell or chromium; skipped")
        sys.exit(77)
    unittest.main()
