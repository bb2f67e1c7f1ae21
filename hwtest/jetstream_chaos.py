#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Three appliances and three nats-servers (one cluster, three copies), each in a network namespace of its own, and four merges.
Every so often a server, in turn the stream's leader and any, and a merge are killed, and started again. At the end each merge
has each row of each appliance once, what the stream holds is there once and in the order of its subjects, and all counters
balance. By hand, as root: prints what it found, one line of JSON each, and exits with 0 if all that holds.
Usage: jetstream_chaos.py [--seconds 120] [--every 60] [--down 3] [--seed 1]; WIREBAR_BIN and MARKETGEN_BIN name the programs."""
import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "smoke"))
from nats_kit import MERGE, Nats, Server, whole_stream  # noqa: E402  pylint: disable=wrong-import-position
from sink_kit import GATEWAY  # noqa: E402  pylint: disable=wrong-import-position
from smoke_kit import market, wait_for  # noqa: E402  pylint: disable=wrong-import-position

NET, SITES, MERGES = "10.213.7", ("a1", "a2", "a3"), 4
NAMES = ("n1", "n2", "n3")
CONF = """include = builtin:bench
[bars]
watch = AAPL,SPY
""" + GATEWAY + """[eal]
file_prefix = {site}
[jetstream]
enabled = yes
servers = {servers}
site = {site}
replicas = 3
[gateway]
patience = 120s
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def network(prefix):
    """A switch in a namespace, and one for each appliance and server. Returns their addresses."""
    switch, addresses = f"{prefix}-sw", {}
    ip("netns", "add", switch)
    ip("-n", switch, "link", "add", "sw0", "type", "bridge")
    ip("-n", switch, "addr", "add", f"{NET}.1/24", "dev", "sw0")
    for link in ("lo", "sw0"):
        ip("-n", switch, "link", "set", link, "up")
    for i, name in enumerate(NAMES + SITES):
        space, addresses[name] = f"{prefix}-{name}", f"{NET}.{10 + i}"
        ip("netns", "add", space)
        ip("-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", f"v-{name}", "netns", switch)
        ip("-n", space, "addr", "add", f"{addresses[name]}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            ip("-n", space, "link", "set", link, "up")
        ip("-n", switch, "link", "set", f"v-{name}", "master", "sw0", "up")
    return addresses


class Broker(Server):
    def __init__(self, folder, space, name, addresses):
        self.space = space
        routes = ", ".join(f'"nats://{addresses[n]}:6222"' for n in NAMES)
        cluster = f'cluster {{ name: wb, listen: "{addresses[name]}:6222", routes: [{routes}] }}'
        super().__init__(folder, name, cluster, addresses[name], start=False)

    def start(self, user="", password=""):
        self.process = subprocess.Popen(["ip", "netns", "exec", self.space, shutil.which("nats-server"), "-c", self.conf],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Chaos:
    def __init__(self, options, folder, prefix, addresses):
        self.o, self.dir, self.prefix, self.random = options, folder, prefix, random.Random(options.seed)
        self.brokers = {n: Broker(folder, f"{prefix}-{n}", n, addresses) for n in NAMES}
        self.servers = [b.address for b in self.brokers.values()]
        self.merges, self.replays, self.killed = {}, {}, []

    def info(self):
        """The stream's state, of whoever answers; None: nobody does."""
        for server in self.servers:
            try:
                with Nats([server], timeout=2) as client:
                    return client.api("STREAM.INFO.WIREBAR", timeout=2)
            except (OSError, KeyError):
                pass
        return None

    def ready(self):
        try:
            with Nats(self.servers, timeout=2) as client:
                client.api("INFO", timeout=2)
                return True
        except OSError:
            return False

    def replay(self, site, captures):
        path = os.path.join(self.dir, site)
        os.makedirs(path)
        with open(path + "/wb.conf", "w", encoding="utf-8") as f:
            f.write(CONF.format(site=site, servers=",".join(self.servers)))
        self.replays[site] = subprocess.Popen(
            ["ip", "netns", "exec", f"{self.prefix}-{site}", os.environ["WIREBAR_BIN"], "replay", *captures, "--conf", path + "/wb.conf", "--speed", "1x",
             "--quiet", "--summary", path + "/summary.json", "--bars", path + "/bars.csv", "--fill"],
            env=dict(os.environ, RUNTIME_DIRECTORY=path), stderr=subprocess.PIPE, text=True)

    def merge(self, i, *options):
        return subprocess.Popen([sys.executable, MERGE, "--servers", ",".join(self.servers), "--durable", f"m{i}",
                                 "--out", f"{self.dir}/m{i}.json", *options], stdout=subprocess.PIPE, text=True)

    def strike(self):
        """Kills a server, the leader's or any, and a merge; both come back."""
        info = self.info()
        leader = info["cluster"].get("leader") if info else None
        name = leader if leader and len(self.killed) % 2 == 0 else self.random.choice(NAMES)
        i = self.random.randrange(MERGES)
        self.brokers[name].kill()
        self.merges[i].kill()
        self.merges[i].wait()
        self.killed.append({"server": name, "leader": name == leader, "merge": i, "stream_had": info and info["state"]["messages"]})
        time.sleep(self.o.down)
        self.brokers[name].start()
        self.merges[i] = self.merge(i)
        print(json.dumps(self.killed[-1]), flush=True)

    def run(self, captures):
        for b in self.brokers.values():
            b.start()
        wait_for(self.ready)
        for site in SITES:
            self.replay(site, captures)
        wait_for(self.info)
        self.merges = {i: self.merge(i) for i in range(MERGES)}
        last = time.monotonic()
        while any(r.poll() is None for r in self.replays.values()):
            time.sleep(0.2)
            if time.monotonic() - last >= self.o.every:
                self.strike()
                last = time.monotonic()

    def end(self):
        for m in self.merges.values():
            m.send_signal(signal.SIGTERM)
            m.communicate(timeout=60)
        wait_for(self.info)
        wrong = 0
        for site, run in self.replays.items():
            err = run.stderr.read()
            with open(f"{self.dir}/{site}/summary.json", encoding="utf-8") as f:
                ledger = json.load(f)["ledger"]
            count = {k[10:]: v for k, v in ledger.items() if k.startswith("jetstream_") and v}
            wrong += run.returncode != 0 or count["handed"] != sum(v for k, v in count.items() if k != "handed")
            print(json.dumps({"appliance": site, "exit": run.returncode, **count, "said": err[-200:]}))
        return wrong + self.compare()

    def compare(self):
        rows = set()
        for site in SITES:
            with open(f"{self.dir}/{site}/bars.csv", newline="", encoding="utf-8") as f:
                rows |= {(site, r["symbol"], r["span"], r["close_ts"]) for r in csv.DictReader(f) if "IDLE" not in r["flags"]}
        wrong = 0
        for i in range(MERGES):
            said = self.merge(i, "--once").communicate(timeout=120)[0].splitlines()
            with open(f"{self.dir}/m{i}.json", encoding="utf-8") as f:
                got = [json.loads(line) for line in f]
            keys = [(g["site"], g["boot"], g["stream"], g["n"]) for g in got]
            of_rows = sum(g["stream"] == "new_bar" for g in got)
            missing = sum(json.loads(s)["missing"] for s in said[:-1])
            wrong += of_rows != len(rows) or len(keys) != len(set(keys)) or missing != 0
            print(json.dumps({"merge": i, "things": len(got), "rows": of_rows, "rows_of_csv": len(rows), "twice": len(keys) - len(set(keys)),
                              "missing": missing}))
        ids, last, overtaken = [], {}, 0
        with Nats(self.servers) as client:
            for m in whole_stream(client):
                ids.append(m.header["Nats-Msg-Id"])
                boot, n = ids[-1].split(":")[1], int(ids[-1].rsplit(":", 1)[1])
                if not m.subject.endswith(".hello"):
                    overtaken += n <= last.get((m.subject, boot), 0)
                    last[m.subject, boot] = n
        print(json.dumps({"stream": len(ids), "twice": len(ids) - len(set(ids)), "overtaken": overtaken, "kills": len(self.killed),
                          "of_leaders": sum(k["leader"] for k in self.killed)}))
        return wrong + (len(ids) != len(set(ids))) + overtaken

    def stop(self):
        for p in [*self.merges.values(), *self.replays.values()]:
            if p.poll() is None:
                p.kill()
        for b in self.brokers.values():
            b.kill()


def inside(options):
    with open(f"{options.inside}/net.json", encoding="utf-8") as f:
        net = json.load(f)
    chaos = Chaos(options, options.inside, net["prefix"], net["addresses"])
    captures = market(os.environ["MARKETGEN_BIN"], options.inside + "/day", "--venues", "itch", "--instruments", "40", "--messages",
                      f"{options.seconds * 300}", "--duration", f"{options.seconds}s", "--prints", "0.3")
    try:
        chaos.run(captures)
        return chaos.end()
    finally:
        chaos.stop()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seconds", type=int, default=120)
    p.add_argument("--every", type=float, default=60)
    p.add_argument("--down", type=float, default=3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--inside", default="")
    options = p.parse_args()
    if options.inside:
        sys.exit(1 if inside(options) else 0)
    folder, prefix = tempfile.mkdtemp(prefix="wirebar-chaos-"), f"wbj{os.getpid()}"
    try:
        with open(folder + "/net.json", "w", encoding="utf-8") as f:
            json.dump({"prefix": prefix, "addresses": network(prefix)}, f)
        done = subprocess.run(["ip", "netns", "exec", f"{prefix}-sw", sys.executable, *sys.argv, "--inside", folder], check=False)
    finally:
        for name in NAMES + SITES + ("sw",):
            subprocess.run(["ip", "netns", "del", f"{prefix}-{name}"], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
