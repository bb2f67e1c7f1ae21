# SPDX-License-Identifier: BSD-3-Clause
"""NATS servers with JetStream for a test, one or a cluster, and a reader of whole streams. The client is that of
app/jetstream."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

from smoke_kit import SOURCE, free_port, freeze, wait_for

sys.path.insert(0, os.path.join(SOURCE, "app", "jetstream"))
from nats import Nats  # noqa: E402  pylint: disable=wrong-import-position

SERVER = shutil.which("nats-server")
MERGE = os.path.join(SOURCE, "app", "jetstream", "merge.py")


class Server:
    """A server with its store in a folder. stop, go_on, kill, start: as an operator, or fate. tls: an ssl.SSLContext of its clients."""

    def __init__(self, folder, name="n1", more="", ip="127.0.0.1", start=True, tls=None):
        self.port, self.process, self.name, self.tls = free_port(), None, name, tls
        self.address = f"{ip}:{self.port}"
        self.store = os.path.join(folder, f"store-{name}")
        self.conf = os.path.join(folder, f"{name}.conf")
        self.log = os.path.join(folder, f"{name}.log")
        self.write(more)
        if start:
            self.start()

    def write(self, more):
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(f'listen: "{self.address}"\nserver_name: {self.name}\nlog_file: "{self.log}"\n'
                    f'jetstream {{ store_dir: "{self.store}" }}\n{more}\n')

    def start(self, user="", password=""):
        self.process = subprocess.Popen([SERVER, "-c", self.conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.answers(user, password))

    def answers(self, user, password):
        try:
            with Nats([self.address], user, password, timeout=2, tls=self.tls):
                return True
        except OSError as error:
            return "Authorization" in str(error)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def stop(self):
        freeze(self.process.pid)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def client(self, user="", password=""):
        return Nats([self.address], user, password, tls=self.tls)


def whole_stream(client, stream="WIREBAR"):
    """All messages of a stream in its order, of those that there are now."""
    client.api(f"CONSUMER.DURABLE.CREATE.{stream}.whole", {"stream_name": stream, "config": {
        "durable_name": "whole", "ack_policy": "none", "deliver_policy": "all"}})
    inbox = client.inbox + ".whole"
    while True:
        client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.whole", b'{"batch": 100, "no_wait": true}', inbox)
        for _ in range(100):
            message = client.next(20)
            assert message, "no answer"
            if message.status:
                client.api(f"CONSUMER.DELETE.{stream}.whole")
                return
            yield message


def merge(*options, timeout=60):
    """What the program says: its lines, and its exit code."""
    done = subprocess.run([sys.executable, MERGE, *options], stdout=subprocess.PIPE, text=True, timeout=timeout, check=False)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done.returncode
