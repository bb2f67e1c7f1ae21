#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""/metrics of wirebar console while a replay runs at a pace: the numbers are wirebarctl's, promtool finds nothing, strangers
are refused, a process that stops shows. Rules and dashboard: promtool reads them, and what they name is there.
promtool: Debian's prometheus, or unpacked in BUILD/promtool. Usage: metrics_test.py WIREBAR WIREBARCTL MARKETGEN BUILD"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from console_kit import Served
from smoke_kit import SOURCE, Folder, ask, freeze, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN, BUILD = programs(4)
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=os.path.join(BUILD, "promtool/usr/bin"))
RULES = os.path.join(SOURCE, "conf/prometheus")


def promtool(*args, **more):
    return subprocess.run([PROMTOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, check=False, **more)


def families(text):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def samples(text):
    return {m[1]: m[2] for m in re.finditer(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.M)}


class Metrics(Served):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = f"metrics{os.getpid()}"
        captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch,iex", "--instruments", "40", "--messages", "40k", "--duration", "3m",
                          "--lines", "AB", "--loss", "0.002")
        cls.begin(WIREBAR)
        cls.replay = cls.start("replay", *captures, "--conf", "builtin:bench", "--speed", "2x", "--file-prefix", cls.prefix, "--quiet")
        wait_for(lambda: os.path.exists(socket_of(cls.env, cls.prefix)))
        cls.port = cls.console("--file-prefix", cls.prefix, "--set", "console.hosts=rack")
        wait_for(lambda: "wirebar_up 1" in cls.get()[1])
        wait_for(lambda: "wirebar_wire_lag_seconds_count" in cls.get()[1])

    @classmethod
    def get(cls, path="/metrics", method="GET", **headers):
        c = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=20)
        try:
            c.request(method, path, headers={k: v for k, v in headers.items()})
            r = c.getresponse()
            return r.status, r.read().decode(), dict(r.getheaders())
        finally:
            c.close()

    def ctl(self, *args):
        p = ask(CTL, self.env, self.prefix, "--json", *args)
        return json.loads(p.stdout)

    def test_numbers_are_those_of_wirebarctl(self):
        before = self.ctl("ledger")
        frames = lambda text: int(samples(text)["wirebar_frames_rx_total"])
        text = wait_for(lambda: (lambda t: t if frames(t) > before["frames_rx"] else None)(self.get()[1]))
        after, got = self.ctl("ledger"), samples(text)
        counters = [k for k in before if isinstance(before[k], int) and k not in ("balanced", "groups_silent")]
        self.assertGreater(len(counters), 100)
        for k in counters:
            self.assertLessEqual(before[k], int(got[f"wirebar_{k}_total"]), k)
            self.assertGreaterEqual(after[k], int(got[f"wirebar_{k}_total"]), k)
        for name, link in self.ctl("links").items():
            labels = f'{{link="{name}",from="{link["from"]}",to="{link["to"]}"}}'
            self.assertEqual(got["wirebar_link_capacity" + labels], str(link["capacity"]))
        for lcore in self.ctl("lcores"):
            self.assertIn(f'wirebar_lcore_polls_total{{lcore="{lcore}"', text)

    def test_promtool_finds_nothing(self):
        text = self.get()[1]
        p = promtool("check", "metrics", input=text)
        self.assertEqual((p.returncode, p.stdout), (0, ""))
        self.assertGreater(len(families(text)), 150)
        self.assertTrue(all(n.endswith("_total") for n, kind in families(text).items() if kind == "counter"))

    def test_histograms_are_cumulative(self):
        buckets = {}
        for m in re.finditer(r'^(\w+)_bucket\{lcore="(\w+)",le="([^"]+)"\} (\d+)$', text := self.get()[1], re.M):
            buckets.setdefault((m[1], m[2]), []).append((float(m[3]), int(m[4])))
        self.assertGreater(len(buckets), 3)
        for (name, lcore), rows in buckets.items():
            self.assertEqual(rows, sorted(rows))
            self.assertEqual(sorted(n for _, n in rows), [n for _, n in rows])
            self.assertEqual((len(rows), rows[0][0], rows[-2][0]), (25, 1e-6, 30))
            self.assertIn(f'{name}_count{{lcore="{lcore}"}} {rows[-1][1]}\n', text)

    def test_strangers_are_refused(self):
        self.assertEqual(self.get(Host="evil.example")[0], 421)
        self.assertEqual(self.get(Host=f"evil.example:{self.port}")[0], 421)
        self.assertEqual(self.get(Origin="http://evil.example")[0], 403)
        self.assertEqual(self.get(Host=f"rack:{self.port}")[0], 200)
        self.assertEqual(self.get(method="POST")[0], 405)
        self.assertEqual(self.get("/no")[0], 404)
        status, _, headers = self.get()
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])

    def test_long_requests_are_refused(self):
        self.assertIn(self.get("/" + "x" * 20000)[0], (400, 413, 414, 431))
        self.assertEqual(self.get()[0], 200)

    def test_an_address_that_is_none_is_refused(self):
        for listen, code in (("127.0.0.1:99999", 2), ("127.0.0.1:", 2), ("127.0.0.1: 5", 2), ("127.0.0.1", 2), (f"127.0.0.1:{self.port}", 1)):
            run = subprocess.run([WIREBAR, "console", "--listen", listen], env=self.env, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertIn("console.listen", run.stderr)

    def test_z_a_stopped_appliance_shows(self):
        freeze(self.replay.pid)
        text = wait_for(lambda: (lambda t: t if "wirebar_up 0\n" in t else None)(self.get()[1]))
        self.assertEqual(set(families(text)), {"wirebar_up", "wirebar_data_age_seconds", "wirebar_answer_age_seconds",
                                               "wirebar_console_asked_total", "wirebar_console_failed_total", "wirebar_console_streams",
                                               "wirebar_console_streams_dropped_total", "wirebar_console_connections_evicted_total",
                                               "wirebar_console_refused_total", "wirebar_console_commands_total"})
        age = lambda: float(samples(self.get()[1])["wirebar_data_age_seconds"])
        first = age()
        wait_for(lambda: age() > first)
        self.replay.send_signal(signal.SIGCONT)
        wait_for(lambda: "wirebar_up 1\n" in self.get()[1])


class Rules(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        docs = subprocess.run([WIREBAR, "docs", "metrics"], stdout=subprocess.PIPE, text=True, check=True).stdout
        cls.known = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", docs, re.M))

    def names(self, expr):
        return {re.sub(r"_(bucket|sum|count)$", "", n) if re.sub(r"_(bucket|sum|count)$", "", n) in self.known else n
                for n in re.findall(r"\bwirebar_\w+", expr)}

    def test_alerts(self):
        path = os.path.join(RULES, "alerts.yml")
        p = promtool("check", "rules", path)
        self.assertEqual(p.returncode, 0, p.stdout)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.assertEqual(self.names(" ".join(re.findall(r"wirebar_[a-z0-9_]+", text))) - set(self.known), set())
        alerts = set(re.findall(r"- alert: (\w+)", text))
        tried = set()
        for name in ("alerts_test.yml", "alerts_hours_test.yml"):
            p = promtool("test", "rules", os.path.join(RULES, name))
            self.assertEqual(p.returncode, 0, p.stdout)
            with open(os.path.join(RULES, name), encoding="utf-8") as f:
                tried |= set(re.findall(r"alertname: (\w+)\n        exp_alerts:\n", f.read()))
        self.assertEqual(tried, alerts)

    def test_dashboard(self):
        with open(os.path.join(RULES, "dashboard.json"), encoding="utf-8") as f:
            board = json.load(f)
        exprs = [t["expr"] for p in board["panels"] for t in p["targets"]]
        seen = set().union(*map(self.names, exprs))
        self.assertEqual(seen, set(self.known))  # each is drawn, and what is drawn is there
        rules = "groups:\n- name: board\n  rules:\n" + "".join(f"  - record: r{i}\n    expr: {json.dumps(e)}\n" for i, e in enumerate(exprs))
        p = promtool("check", "rules", self.path("board.yml", rules))
        self.assertEqual(p.returncode, 0, p.stdout)
        self.assertIn(f"{len(exprs)} rules found", p.stdout)


if __name__ == "__main__":
    if not PROMTOOL:
        print("no promtool: it is in the Debian package prometheus; its tests are skipped")
        del Rules, Metrics.test_promtool_finds_nothing
    unittest.main()
