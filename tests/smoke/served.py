# SPDX-License-Identifier: BSD-3-Clause
"""A telemetry socket whose answers a test makes."""
import json
import os
import socket
import threading

GREETING = json.dumps({"version": "DPDK 22.11.11", "pid": 1, "max_output_len": 16384})


class Server:
    """A telemetry socket; answers maps a request to a value, to bytes sent as they are, or to a callable."""

    def __init__(self, path, answers, greeting=GREETING):
        self.answers, self.asked, self.greeting, self.path, self.conns = answers, [], greeting, path, []
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.bind(path)
        self.sock.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        self.conns.append(conn)
        with conn:
            conn.send(self.greeting.encode())
            while True:
                request = conn.recv(1024).decode()
                if not request:
                    return
                self.asked.append(request)
                answer = self.answers.get(request)
                if callable(answer):
                    answer = answer()
                if not isinstance(answer, bytes):
                    answer = json.dumps({request.split(",")[0]: answer}).encode()
                try:
                    conn.send(answer)
                except OSError:
                    return

    def stop(self):
        """As a process that ends: no new clients, and those that were served are cut off."""
        self.close()
        for conn in self.conns:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        if self.sock.fileno() >= 0:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
