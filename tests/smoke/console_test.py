#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The console of a real appliance, without a browser: every route of route.def, JSON that is wirebarctl's, headers, strangers,
commands with and without what they need, streams that do not read, connections that say nothing or drip.
Usage: console_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import socket
import subprocess
import unittest

import console_kit
from smoke_kit import SOURCE, programs, wait_for

PROGRAMS = programs(3)
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " \
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def rows(name):
    with open(os.path.join(SOURCE, "app", name), encoding="utf-8") as f:
        return f.read()


ROUTES = re.findall(r'^ROUTE\((\w+), "([^"]+)", (\w+), \w+, "([^"]*)"', rows("wirebar_console/route.def"), re.M)
VERBS = re.findall(r"^VERB\((\w+),", rows("wirebar_console/verb.def"), re.M)


class Pages(console_kit.Console):
    programs = PROGRAMS
    options = ("--set", "console.updates=50")

    def connect(self, said=b"", window=None):
        s = socket.socket()
        self.addCleanup(s.close)
        s.settimeout(30)
        if window:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        s.connect(("127.0.0.1", self.port))
        s.sendall(said)
        return s

    def events(self, n):
        """The first n snapshots of a stream, and its head."""
        s = self.connect(b"GET /events HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.port)
        text = b""
        while text.count(b"event: snapshot") < n + 1:
            got = s.recv(65536)
            self.assertTrue(got, text)
            text += got
        s.close()
        head, body = text.split(b"\r\n\r\n", 1)
        text = b""
        while b"\r\n" in body:  # of chunks, of which the last may be cut
            size, body = body.split(b"\r\n", 1)
            text, body = text + body[:int(size, 16)], body[int(size, 16) + 2:]
        return head.decode(), [json.loads(m) for m in re.findall(rb"^data: (.*)\n\n", text, re.M)][:n]

    def control(self, verb, token=console_kit.TOKEN, confirm=None, reason="a test", kind="application/json", **more):
        body = json.dumps({"confirm": confirm if confirm is not None else verb, "reason": reason})
        return self.get("/control/" + verb, "POST", body, Content_Type=kind, **({"Authorization": "Bearer " + token} if token else {}), **more)

    def test_each_route(self):
        self.assertGreater(len(ROUTES), 10)
        docs = rows("../docs/console.md")
        for method, path, takes, arg in ROUTES:
            self.assertIn(f"`{path}`", docs)
            if path == "/events":
                continue
            status, text, headers = self.get(path + ("health" if path == "/api/" else ""), method)
            self.assertEqual(status, 401 if method == "POST" else 200, path)
            self.assertEqual(headers["Content-Security-Policy"], CSP)
            self.assertEqual((headers["X-Content-Type-Options"], headers["Referrer-Policy"], headers["Cache-Control"]),
                             ("nosniff", "no-referrer", "no-store"))
            source = os.path.join(SOURCE, "app/wirebar_console/page", arg)
            if arg and os.path.exists(source):
                self.assertEqual(text, rows("wirebar_console/page/" + arg))
            self.assertEqual(self.get(path + ("health" if path == "/api/" else ""), "GET" if method == "POST" else "DELETE")[0], 405)
        self.assertEqual(self.get("/", "HEAD")[1], "")
        for path in ("/no", "/metrics/", "/api/no", "/api/kill", "/api/reset", "/page/index.html", "/../token"):
            self.assertEqual(self.get(path)[0], 404, path)

    def test_the_page_has_nothing_inline(self):
        page = self.get("/")[1]
        self.assertEqual(re.findall(r"<style|style=|\son\w+=|<script(?![^>]*src=)|https?:(?!//www\.tradingview\.com/)", page), [])

    def test_json_is_that_of_wirebarctl(self):
        symbol = self.symbol()
        for words in (["conf"], ["gates"], ["orders"], ["bars", symbol, "1s", "3", "all"], ["bars", symbol, "no"],
                      ["bundle", "NOSUCH"], ["why", symbol], ["bars", symbol, "1s", "40", "open_ts+close"], ["watched"]):
            # Rows are sealed meanwhile: alike on both sides of one of ours.
            def alike():
                before, status_text, after = self.ctl(*words), self.get("/api/" + "/".join(words)), self.ctl(*words)
                return before == after and (before, status_text)
            text, (status, got, headers) = wait_for(alike)
            self.assertEqual(got, text, words)
            self.assertEqual(status, 422 if json.loads(text).get("status") == "error" else 200)
            self.assertEqual(headers["Content-Type"], "application/json")
        for path in ("/api/quote", "/api/health/1", "/api/bars/A/5s/1/open/x", "/api/bars/A//1", "/api/why/A,B"):
            self.assertEqual(self.get(path)[0], 400, path)
        before, got, after = (json.loads(t) for t in (self.ctl("health"), self.get("/api/health")[1], self.ctl("health")))
        self.assertEqual(list(before), list(got))
        for k in ("frames", "messages", "bars"):
            self.assertTrue(before[k] <= got[k] <= after[k], k)

    def test_snapshots(self):
        head, seen = self.events(60)
        self.assertIn("Content-Type: text/event-stream", head)
        self.assertIn("Content-Security-Policy: " + CSP, head)
        self.assertEqual([s["n"] for s in seen], list(range(60)))
        self.assertEqual((seen[0]["rate"], seen[0]["control"], seen[0]["alive"]), (50, True, True), seen[0]["why"])
        self.assertIn("ledger", seen[0]["topics"])
        known = {}
        for s in seen:
            known.update(s["topics"])
        self.assertLessEqual({"health", "lcores", "links", "lines", "ledger", "risk", "positions", "ports"}, set(known))
        frames = [s["topics"]["health"]["frames"] for s in seen if "health" in s["topics"]]
        self.assertGreater(len(frames), 5)
        self.assertEqual(frames, sorted(frames))
        self.assertLessEqual(frames[-1], json.loads(self.ctl("health"))["frames"])

    def test_strangers_are_refused(self):
        before = self.metric("wirebar_console_refused_total")
        for path in ("/", "/events", "/api/health"):
            self.assertEqual(self.get(path, Host="evil.example")[0], 421)
            self.assertEqual(self.get(path, Host=f"evil.example:{self.port}")[0], 421)
            self.assertEqual(self.get(path, Origin="http://evil.example")[0], 403)
        self.assertEqual(self.get("/", Host=f"rack:{self.port}", Origin=f"http://rack:{self.port}")[0], 200)
        self.assertEqual(self.control("kill", Origin="http://evil.example")[0], 403)
        self.assertEqual(self.metric("wirebar_console_refused_total"), before + 10)
        self.assertNotEqual(json.loads(self.ctl("health"))["trading"], "kill")

    def test_commands_need_token_confirmation_and_reason(self):
        for token in (None, "", "wrong", console_kit.TOKEN + "x", console_kit.TOKEN[:-1]):
            self.assertEqual(self.control("halt", token)[0], 401)
        for more in ({"confirm": ""}, {"confirm": "kill"}, {"reason": ""}, {"reason": "x" * 201}, {"reason": "a\nhalt b"}, {"reason": "a\x00b"}):
            self.assertEqual(self.control("halt", **more)[0], 400, more)
        self.assertEqual(self.control("halt", kind="text/plain")[0], 415)
        self.assertEqual(self.control("stop")[0], 404)
        self.assertEqual(self.control("halt", reason="x" * 5000)[0], 413)
        self.assertEqual(json.loads(self.ctl("health"))["trading"], "run")
        for verb in ("halt", "kill", "resume"):
            status, text, _ = self.control(verb, reason=f"seen \u00e4 in a {verb}")
            self.assertEqual((status, json.loads(text)["status"]), (200, "ok"), text)
            self.assertEqual(json.loads(self.ctl("health"))["trading"], "run" if verb == "resume" else verb)
        with open(os.path.join(self.dir, "audit"), encoding="utf-8") as f:
            audit = f.read()
        self.assertRegex(audit, rf"uid {os.geteuid()} .*kill console, 127\.0\.0\.1: seen .* in a kill.*ok")
        self.assertEqual(self.metric("wirebar_console_commands_total"), 3)
        self.assertEqual(json.loads(self.get("/api")[1])["verbs"], VERBS)

    def test_a_flood_of_commands_without_the_token_does_not_fill_the_log(self):
        def told():
            return [1 + int(n) for n in re.findall(r"without the token is refused, and (\d+) before it", self.said())]
        refused, sent = self.metric("wirebar_console_refused_total"), 0
        before = len(told())
        for _ in range(100):
            self.assertEqual(self.control("kill", "wrong")[0], 401)
            sent += 1

        def all_told():
            nonlocal sent
            self.assertEqual(self.control("kill", "wrong")[0], 401)
            sent += 1
            return sum(told()[before:]) >= sent
        wait_for(all_told)
        self.assertLess(len(told()) - before, sent)
        self.assertEqual(self.metric("wirebar_console_refused_total"), refused + sent)

    def test_a_stream_that_does_not_read_is_closed_and_counted(self):
        dropped = self.metric("wirebar_console_streams_dropped_total")
        s = self.connect(b"GET /events HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.port, window=4096)
        wait_for(lambda: self.metric("wirebar_console_streams_dropped_total") > dropped)
        with self.assertRaises((ConnectionError, EOFError)):
            while True:
                if not s.recv(65536):
                    raise EOFError
        wait_for(lambda: self.metric("wirebar_console_streams") == 0)

    def test_streams_are_bounded(self):
        wait_for(lambda: self.metric("wirebar_console_streams") == 0)
        ask = b"GET /events HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.port
        heads = [s.recv(64) for s in [self.connect(ask) for _ in range(10)]]
        self.assertEqual(sum(b" 200 " in h for h in heads), 8)
        self.assertEqual(sum(b" 503 " in h for h in heads), 2)

    def test_a_flood_of_half_open_connections_does_not_starve_metrics(self):
        held = [self.connect(b"GET /metrics HT" if i % 2 else b"") for i in range(120)]
        for _ in range(20):
            self.assertEqual(self.get("/metrics")[0], 200)
        wait_for(lambda: self.metric("wirebar_console_connections_evicted_total") > 60)
        for s in held:
            s.settimeout(30)
        drip, sent = self.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "), 0

        def gone():
            nonlocal sent
            try:
                sent += drip.send(b"x")
                drip.settimeout(0.2)
                return drip.recv(10) == b""
            except TimeoutError:
                return False
            except OSError:
                return True
        wait_for(gone)
        self.assertGreater(sent, 1)
        for s in held:  # none is left open
            try:
                self.assertIn(s.recv(16)[:4], (b"", b"HTTP"))
            except ConnectionError:
                pass

    def test_an_answer_that_is_not_read_does_not_starve_metrics(self):
        held = [self.connect(b"GET /charts.js HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.port, window=2048) for _ in range(60)]
        for _ in range(10):
            self.assertEqual(self.get("/metrics")[0], 200)
        self.assertEqual(len(held), 60)

    def test_a_token_file_that_others_may_read_is_refused(self):
        path = self.path("open", "x" * 40 + "\n")
        os.chmod(path, 0o640)
        short = self.path("short", "x\n")
        os.chmod(short, 0o600)
        link = os.path.join(self.dir, "link")
        if not os.path.islink(link):
            os.symlink(os.path.join(self.dir, "token"), link)
        for name, why in ((path, "chmod 600"), (short, "20 characters"), (link, "link"), (self.dir, ""), (self.dir + "/none", "No such file")):
            run = subprocess.run([self.wirebar, "console", "--listen", "127.0.0.1:0", "--set", f"console.token_file={name}"], env=self.env,
                                 stderr=subprocess.PIPE, text=True, timeout=30, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(why, run.stderr)


if __name__ == "__main__":
    unittest.main()
