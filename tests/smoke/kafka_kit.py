# SPDX-License-Identifier: BSD-3-Clause
"""Kafka brokers for a test (tests/tools/kafka_mock.c), and a consumer by the rule of docs/kafka.md."""
import asyncio
import contextlib
import functools
import json
import os
import signal
import ssl
import struct
import subprocess
import sys
import threading

from smoke_kit import SOURCE, freeze

sys.path.insert(0, os.path.join(SOURCE, "app", "jetstream"))
from arrow_rows import arrow  # noqa: E402  pylint: disable=wrong-import-position

SPANS = ("1s", "5s", "15s", "30s", "1m", "5m")
THINGS = ("sweep", "entry_fire", "exit_fire", "order", "fill")
PARTITIONS = 16


def topics(site, partitions=PARTITIONS):
    kinds = [f"new_bar.{span}" for span in SPANS] + list(THINGS)
    return [f"wirebar.{site}.{kind}:{partitions}" for kind in kinds] + [f"wirebar.{site}.hello:1"]


class Brokers:
    """A mock of a cluster in a process of its own. stop, go_on: of the process."""

    def __init__(self, program, topic, brokers=3):
        self.program, self.topic, self.lock = program, topic, threading.Lock()
        self.process = subprocess.Popen([program, "serve", str(brokers), *topic], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # It names hosts that it listens to by IPv4 alone.
        self.servers = self.process.stdout.readline().strip().replace("localhost", "127.0.0.1")

    def tell(self, command):
        with self.lock:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            lines = []
            while (line := self.process.stdout.readline()) != ".\n":
                if not line:
                    raise OSError(f"{command}: the brokers are gone")
                lines.append(line)
            return lines

    def messages(self):
        """Of all topics: (topic's words behind the site, message), each partition in its order."""
        found = [json.loads(line) for line in self.tell("read")]
        return [(m["topic"].split(".", 2)[2], m) for m in found]

    def stop(self):
        freeze(self.process.pid)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.communicate()


class Secure:
    """TLS in front of brokers that speak none: a listener for each, and what brokers say of where they are names the listeners."""

    def __init__(self, brokers, certificate, authority=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        if authority:
            self.context.load_verify_locations(authority)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.passed, self.names, self.loop = 0, {}, asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # a greeting that failed is the client's to tell
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        listeners = asyncio.run_coroutine_threadsafe(self.listen(brokers.servers.split(",")), self.loop).result(10)
        self.servers = ",".join(f"127.0.0.1:{port}" for port in listeners)

    async def listen(self, brokers):
        ports = []
        for broker in brokers:
            host, port = broker.split(":")
            server = await asyncio.start_server(functools.partial(self.join, host, port), "127.0.0.1", 0, ssl=self.context)
            ports.append(server.sockets[0].getsockname()[1])
            self.names[struct.pack(">i", int(port))] = struct.pack(">i", ports[-1])
        return ports

    async def join(self, host, port, reader, writer):
        back_reader, back_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(self.pass_on(reader, back_writer, lambda m: m), self.pass_on(back_reader, writer, self.named))

    async def pass_on(self, reader, writer, change):
        """Message by message, each behind its length."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(4)
                writer.write(head + change(await reader.readexactly(struct.unpack(">i", head)[0])))
                await writer.drain()
                self.passed += 1
        writer.close()

    def named(self, message):
        """What brokers say of themselves: the host, as a string, then the port."""
        for host in (b"127.0.0.1", b"localhost"):
            for ours, theirs in self.names.items():
                message = message.replace(host + ours, host + theirs)
        return message

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


class Consumer:
    """Takes each thing once: of a partition and a boot what has a number above all before. Nothing else has to be kept."""

    def __init__(self):
        self.last, self.things, self.again, self.hello, self.ids = {}, [], 0, {}, []

    def take(self, kind, message):
        data = bytes.fromhex(message["hex"])
        if kind == "hello":
            self.hello = json.loads(data)
            return
        self.ids.append(message["Wirebar-Id"])
        site, boot, stream, first = message["Wirebar-Id"].split(":")
        rows = arrow(data)[1] if stream == "new_bar" else [json.loads(data)]
        if stream == "new_bar":
            assert len(rows) == int(message["Wirebar-Rows"]) and rows[0]["n"] == int(first), message["Wirebar-Id"]
        where = message["topic"], message["partition"], boot
        for row in rows:
            if int(row["n"]) <= self.last.get(where, 0):
                self.again += 1
                continue
            self.last[where] = int(row["n"])
            self.things.append({"site": site, "stream": stream, "boot": boot, "partition": message["partition"], **row})

    def numbers(self, stream):
        return sorted(int(t["n"]) for t in self.things if t["stream"] == stream)
