# SPDX-License-Identifier: BSD-3-Clause
"""Certificates for a test, by the openssl program: an authority, a server's for 127.0.0.1, a client's, and those of strangers."""
import os
import shutil
import ssl
import subprocess

OPENSSL = shutil.which("openssl")


def both_sides(folder, name):
    """An authority with certificates of a server by its address and by a name, and of a client; and a stranger."""
    mine, theirs = Certificates(folder), Certificates(folder, "stranger")
    mine.make("server", "IP:127.0.0.1")
    mine.make("named", "DNS:" + name)
    mine.make("client", "DNS:wb1")
    return mine, theirs


class Certificates:
    """Files in a folder: path("ca"), path("server"), path("client") are certificates, with their keys beside them (.key)."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        os.makedirs(folder, exist_ok=True)
        self.run("req", "-x509", *self.new(name), "-days", "2", "-subj", f"/CN={name} of a test", "-out", self.path(name))

    def run(self, *words):
        subprocess.run([OPENSSL, *words], check=True, capture_output=True)

    def path(self, name):
        return os.path.join(self.folder, name + ".pem")

    def key(self, name):
        return os.path.join(self.folder, name + ".key")

    def new(self, name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.key(name)

    def make(self, name, names):
        """One from this authority. names: as subjectAltName has them, IP:127.0.0.1 or DNS:host."""
        with open(self.path(name) + ".ext", "w", encoding="ascii") as f:
            f.write(f"subjectAltName={names}\n")
        self.run("req", *self.new(name), "-subj", f"/CN={name}", "-out", self.path(name) + ".csr")
        self.run("x509", "-req", "-in", self.path(name) + ".csr", "-CA", self.path(self.name), "-CAkey", self.key(self.name), "-CAcreateserial",
                 "-days", "2", "-extfile", self.path(name) + ".ext", "-out", self.path(name))
        return self.path(name), self.key(name)

    def context(self, client=None):
        """Of a client in Python."""
        context = ssl.create_default_context(cafile=self.path(self.name))
        if client:
            context.load_cert_chain(self.path(client), self.key(client))
        return context
