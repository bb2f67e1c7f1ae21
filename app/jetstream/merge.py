#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads what appliances have handed to a JetStream stream, merges it, takes each thing once by (site, boot, stream, n), and
says what is missing: docs/jetstream.md. Lines of JSON go to a file; killed at any time it goes on from there, and from what
it has not acknowledged. Exit code: 0 nothing is missing, 3 something is, or was none of an appliance's, 1 no server or a file
that cannot be written, 2 usage.
Needs no package. Usage: merge.py --help"""
import argparse
import json
import os
import signal
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from arrow_rows import BAD, arrow  # noqa: E402  pylint: disable=wrong-import-position
from nats import Nats, Refused  # noqa: E402  pylint: disable=wrong-import-position

BATCH = 64
NO_CONSUMER = 10014  # err_code of nats-server's JSConsumerNotFoundErr


def whole_streams(subjects):
    """Whether a filter takes all of each stream that it takes anything of: n counts over all subjects of a stream, so that what
    the filter leaves out would look like a hole."""
    return all(word in ("*", ">") for word in subjects.split(".")[3:])


class Numbers:
    """Which numbers of a stream there were: all up to whole, and some ahead."""

    def __init__(self):
        self.whole, self.ahead, self.twice, self.last, self.overtaken = 0, set(), 0, {}, 0

    def take(self, n):
        """Returns False for one that was there already."""
        if n <= self.whole or n in self.ahead:
            self.twice += 1
            return False
        self.ahead.add(n)
        while self.whole + 1 in self.ahead:
            self.whole += 1
            self.ahead.remove(self.whole)
        return True

    def order(self, subject, n):
        self.overtaken += n < self.last.get(subject, 0)
        self.last[subject] = max(n, self.last.get(subject, 0))

    def have(self):
        return self.whole + len(self.ahead)

    def missing(self, last):
        """Ranges up to last that are not there."""
        holes, at = [], self.whole + 1
        for n in sorted(self.ahead) + [max(last, max(self.ahead, default=0)) + 1]:
            if n > at:
                holes.append((at, n - 1))
            at = n + 1
        return holes


class Merge:
    def __init__(self, out):
        self.streams, self.hello, self.out, self.unread = {}, {}, None, 0
        self.hellos, self.said = out and out + ".hello", False
        if out:
            self.recall(out)
            self.out = open(out, "a", encoding="utf-8")

    def recall(self, path):
        """What a merge before this one had. A line that it had begun when it was killed is cut off."""
        whole = 0
        try:
            with open(path, "rb") as f:
                for line in f:
                    if not line.endswith(b"\n"):
                        break
                    whole += len(line)
                    thing = json.loads(line)
                    self.numbers(thing["site"], thing["boot"], thing["stream"]).take(int(thing["n"]))
            os.truncate(path, whole)
            with open(self.hellos, encoding="utf-8") as f:
                for hello in json.load(f):
                    self.greet(hello["site"], hello)
        except FileNotFoundError:
            pass

    def numbers(self, site, boot, stream):
        return self.streams.setdefault((site, boot, stream), Numbers())

    def greet(self, site, hello):
        """How far an appliance has come. One that is delivered late takes nothing back."""
        was = self.hello.setdefault((site, hello["boot"]), {"site": site, "boot": hello["boot"]})
        for name, n in hello.items():
            if name.startswith("n_") or name in ("dropped", "dead"):
                self.said = self.said or int(n) > was.get(name, -1)
                was[name] = max(int(n), was.get(name, 0))

    def things(self, site, stream, message):
        """What is in a message, each with its boot and number; BAD where it is none of an appliance's."""
        if stream == "new_bar":
            meta, rows = arrow(message.data)
            things = [{"stream": stream, "boot": message.header.get("Wirebar-Boot"), **row} for row in rows]
            flags = meta.get("wirebar.flags", "").split("|")
            for thing in things:
                thing["flags"] = "|".join(f for i, f in enumerate(flags) if thing.get("flags") >> i & 1)
        else:
            things = [json.loads(message.data)]
        for thing in things:
            if (thing.get("site", site), thing.get("stream"), type(thing.get("boot"))) != (site, stream, str) or int(thing.get("n")) < 1:
                raise ValueError("of another appliance or stream, or without a number")
        return things

    def take(self, message):
        """The things of a message that were not there yet. What anybody else has written is counted, and left out whole."""
        fresh = []
        try:
            site, stream = message.subject.split(".")[1:3]
            if stream == "hello":
                self.greet(site, {"boot": "", **json.loads(message.data)})
                return []
            things = self.things(site, stream, message)
        except (*BAD, RecursionError) as error:
            print(f"merge: {message.subject}: none of an appliance's: {error!r:.80}", file=sys.stderr)
            self.unread += 1
            return []
        for thing in things:
            numbers, n = self.numbers(site, thing["boot"], stream), int(thing["n"])
            if numbers.take(n):
                numbers.order(message.subject, n)
                fresh.append({"site": site, **thing})
        return fresh

    def write(self, things):
        if self.out and things:
            self.out.write("".join(json.dumps(t) + "\n" for t in things))
            self.out.flush()

    def remember(self):
        """What hellos have said is read once: it is kept, so that what is missing is missing after a restart, too."""
        if self.hellos and self.said:
            with open(self.hellos + "~", "w", encoding="utf-8") as f:
                json.dump(list(self.hello.values()), f)
                f.flush()
                os.fsync(f.fileno())
            os.replace(self.hellos + "~", self.hellos)
        self.said = False

    def report(self, whole):
        """What there is of each stream, and what is not (None: not whole, so nobody can say), up to where its appliance has said
        to be."""
        said = []
        for (site, boot), hello in self.hello.items():
            for name, n in hello.items():
                if name.startswith("n_") and n:
                    self.numbers(site, boot, name[2:])
        for (site, boot, stream), numbers in sorted(self.streams.items()):
            hello = self.hello.get((site, boot), {})
            holes = numbers.missing(hello.get("n_" + stream, 0))
            said.append({"site": site, "boot": boot, "stream": stream, "have": numbers.have(), "told": hello.get("n_" + stream),
                         "missing": sum(b - a + 1 for a, b in holes) if whole else None, "first_holes": holes[:8] if whole else None,
                         "twice": numbers.twice,
                         "overtaken": numbers.overtaken, "dropped_there": hello.get("dropped"), "dead_there": hello.get("dead")})
        return said


class Reader:
    """Messages of a durable consumer, whichever of the servers is there."""

    def __init__(self, options):
        self.options, self.nats, self.pause, self.why, self.told = options, None, 0.05, "", set()
        self.servers, self.tls = options.servers.split(","), None
        if options.ca:
            self.tls = ssl.create_default_context(cafile=options.ca)
            if options.cert:
                self.tls.load_cert_chain(options.cert, options.key)

    def connected(self):
        if self.nats:
            return True
        o = self.options
        try:
            password = ""
            if o.password_file:
                with open(o.password_file, encoding="utf-8") as f:
                    password = f.readline().rstrip("\r\n")
            self.nats = Nats(self.servers, o.user, password, tls=self.tls)
            self.consumer()
        except OSError as error:
            self.lost(error)
            return False
        self.pause = 0.05
        self.told.clear()
        return True

    def consumer(self):
        """Makes the consumer, or goes on where it is; never with another filter, which would be another merge's place."""
        o = self.options
        try:
            there = self.nats.api(f"CONSUMER.INFO.{o.stream}.{o.durable}")["config"].get("filter_subject", "")
        except Refused as error:
            if error.code != NO_CONSUMER:
                raise
            config = {"durable_name": o.durable, "ack_policy": "explicit", "deliver_policy": "all", "ack_wait": 5 * 10**9,
                      "max_ack_pending": 4 * BATCH, "filter_subject": o.filter}
            self.nats.api(f"CONSUMER.DURABLE.CREATE.{o.stream}.{o.durable}", {"stream_name": o.stream, "config": config})
            return
        if there != o.filter:
            sys.exit(f'merge: --filter: found "{o.filter}", allowed: "{there}", which the consumer "{o.durable}" has; or another --durable')

    def lost(self, error):
        """Gives the connection up; says why, once until there is one again."""
        self.why = str(error)
        if self.options.verbose or self.why not in self.told:
            print(f"merge: {self.why}", file=sys.stderr, flush=True)
        self.told.add(self.why)
        if self.nats:
            self.nats.close()
        self.nats = None
        self.servers.append(self.servers.pop(0))
        time.sleep(self.pause)
        self.pause = min(2 * self.pause, 1)

    def batch(self):
        """Up to BATCH messages: what there is, waiting a moment for the first. None: no connection."""
        if not self.connected():
            return None
        o, got = self.options, []
        try:
            inbox = f"{self.nats.inbox}.b"
            self.nats.publish(f"$JS.API.CONSUMER.MSG.NEXT.{o.stream}.{o.durable}", json.dumps({"batch": BATCH, "no_wait": True}).encode(), inbox)
            while len(got) < BATCH:
                message = self.nats.next(2)
                if not message:
                    raise OSError("no answer in time")
                if message.status:
                    if message.status not in ("404", "408"):
                        raise OSError(f"fetch: {message.status}")
                    break
                got.append(message)
        except OSError as error:
            self.lost(error)
            return got or None
        return got

    def at_the_end(self):
        """Whether everything was delivered and acknowledged, also what a merge that was killed had taken."""
        try:
            self.connected()
            said = self.nats and self.nats.api(f"CONSUMER.INFO.{self.options.stream}.{self.options.durable}")
            return bool(said) and not said["num_pending"] and not said["num_ack_pending"]
        except OSError as error:
            self.lost(error)
            return False

    def acknowledge(self, messages):
        try:
            for message in messages:
                if self.nats:
                    self.nats.publish(message.reply, b"+ACK")
        except OSError as error:
            self.lost(error)


def arguments():
    p = argparse.ArgumentParser(description="merges what appliances have handed to JetStream, and says what is missing")
    p.add_argument("--servers", default="127.0.0.1:4222", help="IP:port,... (127.0.0.1:4222)")
    p.add_argument("--user", default="", help="with --password-file; without a user the password is a token")
    p.add_argument("--password-file", default="")
    p.add_argument("--ca", default="", help="speak TLS; PEM: the authorities that the servers' certificates come from")
    p.add_argument("--cert", default="", help="with --ca and --key, PEM: our own certificate, where servers ask for one")
    p.add_argument("--key", default="", help="PEM: the key of --cert")
    p.add_argument("--stream", default="WIREBAR")
    p.add_argument("--filter", default="", help="subjects, such as wirebar.*.new_bar.>; all when left out. What takes a part of a stream "
                   "(wirebar.*.new_bar.1s.*) leaves unsaid what is missing")
    p.add_argument("--durable", default="merge", help="name of the consumer: a place in the stream that outlives this program (merge)")
    p.add_argument("--out", default="", help="file of JSON lines; what it has already is not written again")
    p.add_argument("--once", action="store_true", help="end when everything was read; else at SIGTERM or SIGINT")
    p.add_argument("--patience", type=float, default=30, help="with --once: seconds without a server until it gives up (30)")
    p.add_argument("--verbose", action="store_true", help="say each time why a connection is given up")
    o = p.parse_args()
    for server in o.servers.split(","):
        if not server.rpartition(":")[0] or not server.rpartition(":")[2].isdigit():
            p.error(f'--servers: found "{server}", allowed: IP:port,...')
    return o


def main():
    options, ended = arguments(), []
    try:
        merge, reader = Merge(options.out), Reader(options)
    except OSError as error:
        sys.exit(f"merge: --out: {error}")
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    signal.signal(signal.SIGINT, lambda *_: ended.append(1))
    seen = time.monotonic()
    while not ended:
        messages = reader.batch()
        if messages is None:
            if options.once and time.monotonic() - seen > options.patience:
                sys.exit(f"merge: no server in {options.patience:g} s: {reader.why}")
            continue
        seen = time.monotonic()
        for message in messages:
            merge.write(merge.take(message))
        merge.remember()
        reader.acknowledge(messages)
        if not messages:
            if options.once and reader.at_the_end():
                break
            time.sleep(0.05)
    whole = whole_streams(options.filter)
    report = merge.report(whole)
    for line in report:
        print(json.dumps(line))
    missing = sum(r["missing"] or 0 for r in report)
    print(f"merge: {sum(r['have'] for r in report)} things of {len(report)} streams, "
          f"{missing if whole else 'nobody knows what is'} missing, "
          f"{sum(r['twice'] for r in report)} came again, {merge.unread} messages were none of an appliance's", flush=True)
    sys.exit(3 if missing or merge.unread else 0)


if __name__ == "__main__":
    main()
