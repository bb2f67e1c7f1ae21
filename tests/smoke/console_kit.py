# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the console share: a replay at a pace, and a console that looks at it."""
import http.client
import json
import os
import re
import signal
import subprocess

from smoke_kit import Folder, market, socket_of, wait_for

TOKEN = "not-a-secret-of-anyone-0123456789"


class Served(Folder):
    """Programs that run for the whole class: of wirebar, their words in one log. begin() first."""
    ends = signal.SIGKILL  # what ends them

    @classmethod
    def begin(cls, wirebar):
        cls.wirebar, cls.children = wirebar, []
        cls.log = open(os.path.join(cls.dir, "log"), "w+", encoding="utf-8")
        cls.addClassCleanup(cls.stop)

    @classmethod
    def start(cls, *args):
        cls.children.append(subprocess.Popen([cls.wirebar, *args], env=cls.env, stdout=cls.log, stderr=cls.log))
        return cls.children[-1]

    @classmethod
    def console(cls, *args):
        """Starts one. Returns the port at which it serves."""
        cls.server = cls.start("console", "--listen", "127.0.0.1:0", *args)
        return int(wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/", cls.said()))[1])

    @classmethod
    def said(cls):
        with open(cls.log.name, encoding="utf-8") as f:
            return f.read()

    @classmethod
    def stop(cls):
        for child in cls.children:
            child.send_signal(signal.SIGCONT)
            child.send_signal(cls.ends)
        for child in cls.children:
            child.wait(60)
        cls.log.close()


class Console(Served):
    """Programs: WIREBAR, CTL, MARKETGEN of the class. options: more of `wirebar console`."""
    programs = ()
    options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wirebar, cls.ctl_path, marketgen = cls.programs
        cls.prefix = f"console{os.getpid()}"
        captures = market(marketgen, cls.dir + "/m", "--venues", "itch,iex", "--instruments", "20", "--messages", "60k", "--duration", "40m",
                          "--lines", "AB", "--loss", "0.002")
        cls.begin(wirebar)
        cls.replay = cls.start("replay", *captures, "--conf", "builtin:bench", "--speed", "10x", "--file-prefix", cls.prefix, "--quiet",
                               "--set", f"run.state_dir={cls.dir}", "--set", f"run.control_audit={cls.dir}/audit",
                               # Watched ones have history; a loaded machine is no finding here.
                               "--set", "bars.watch=SPY,QQQ", "--set", "telemetry.lag_warn=3600s", "--set", "telemetry.behind_warn=3600s")
        wait_for(lambda: os.path.exists(socket_of(cls.env, cls.prefix)))
        with open(os.path.join(cls.dir, "token"), "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(TOKEN + "\n")
        cls.port = cls.console("--file-prefix", cls.prefix, "--set", "console.hosts=rack", "--set", f"console.token_file={cls.dir}/token",
                               *cls.options)
        wait_for(lambda: "wirebar_up 1" in cls.get("/metrics")[1])

    @classmethod
    def get(cls, path, method="GET", body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=30)
        try:
            c.request(method, path, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
            r = c.getresponse()
            return r.status, r.read().decode(), dict(r.getheaders())
        finally:
            c.close()

    @classmethod
    def metric(cls, name):
        return float(re.search(rf"^{name} (\S+)$", cls.get("/metrics")[1], re.M)[1])

    @classmethod
    def ctl(cls, *args):
        return subprocess.run([cls.ctl_path, "--file-prefix", cls.prefix, "--json", *args], capture_output=True, text=True, env=cls.env,
                              timeout=30, check=False).stdout

    @classmethod
    def symbol(cls):
        """One that trades."""
        top = json.loads(wait_for(lambda: (lambda t: t if '"0"' in t else None)(cls.ctl("busiest", "1", "5s"))))
        return top["0"]["symbol"]
