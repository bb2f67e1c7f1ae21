#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""marketgen serve: requests written here from the protocols' tables, over real sockets, and what comes back compared with
the captures, which are read here too. Usage: serve_test.py MARKETGEN"""
import contextlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile

MARKETGEN = sys.argv[1]


def frames(path):
    data = open(path, "rb").read()
    at = 24
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def blocks(payload, count, form):
    for _ in range(count):
        n = struct.unpack_from(form, payload)[0]
        yield payload[2:2 + n]
        payload = payload[2 + n:]
    assert not payload


def mold(payload):
    session, seq, count = struct.unpack_from(">10sQH", payload)
    return session, seq, list(blocks(payload[20:], count, ">H")) if count != 0xffff else []


def iex(payload):
    _, _, proto, channel, session, length, count, offset, seq, _ = struct.unpack_from("<BBHIIHHQQQ", payload)
    return (proto, channel, session), seq, list(blocks(payload[40:40 + length], count, "<H")), offset


def messages(path, parse):
    out, key = {}, None
    for f in frames(path):
        key, seq, m = parse(f[42:])[:3]
        out.update(enumerate(m, seq))
    return key, out


def ports(n):
    socks = [socket.socket() for _ in range(n)]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    out = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return out


@contextlib.contextmanager
def serving(captures, *options):
    p = subprocess.Popen([MARKETGEN, "serve", "--for", "60s", *map(str, options), *captures], stdout=subprocess.PIPE, text=True)
    try:
        assert p.stdout.readline().startswith("serving ")
        report = {}
        yield report
        p.terminate()
        report.update(json.loads(p.stdout.read()))
        assert p.wait() == 0
    finally:
        p.kill()


def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", port))
    s.settimeout(20)
    return s


def read_all(s):
    out = b""
    while chunk := s.recv(65536):
        out += chunk
    return out


def check_mold(port, session, want):
    s = udp(port)
    s.send(struct.pack(">10sQH", session, 5, 3))
    assert mold(s.recv(2048)) == (session, 5, [want[i] for i in (5, 6, 7)])
    s.send(struct.pack(">10sQH", session, 100, 500))  # what fits; the rest is to be asked for again
    answer = s.recv(2048)
    _, first, got = mold(answer)
    assert first == 100 and 1 <= len(got) < 500 and len(answer) <= 1472 and got == [want[100 + i] for i in range(len(got))]
    assert len(answer) + 2 + len(want[100 + len(got)]) > 1472
    for bad in (struct.pack(">10sQH", b"WRONGSESSN", 5, 3), struct.pack(">10sQH", session, max(want) + 1, 3), b"short"):
        s.send(bad)  # silence
    s.send(struct.pack(">10sQH", session, max(want), 50))
    assert mold(s.recv(2048)) == (session, max(want), [want[max(want)]])


def check_iex_udp(port, key, want):
    s = udp(port)
    head = struct.pack("<BBHII", 1, 1, *key)
    s.send(head + struct.pack("<IQQQQ", 2, 10, 12, 2000, 3500))
    got = {}
    while len(got) < 1000:  # not more for one request
        k, seq, m, _ = iex(s.recv(2048))
        assert k == key
        got.update(enumerate(m, seq))
    assert sorted(got) == [10, 11, 12] + list(range(2000, 2997)) and all(want[i] == m for i, m in got.items())
    s.send(head + struct.pack("<I", 0))
    k, seq, m, _ = iex(s.recv(2048))
    assert (k, seq, m) == (key, max(want) + 1, [])


def check_iex_tcp(port, key, want):
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(struct.pack("<BBHIIIQQ", 1, 1, *key, 1, 1, 1 << 40))
        data, got, sizes, end = read_all(s), {}, [], 0
    while data:
        length = struct.unpack_from("<H", data, 12)[0]
        k, seq, m, offset = iex(data[:40 + length])
        assert k == key and offset == end
        end += length
        sizes.append(length)
        got.update(enumerate(m, seq))
        data = data[40 + length:]
    assert got == want and max(sizes) > 60000
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert read_all(s) == b""


def pillar(delivery, seq, body):
    return struct.pack("<HBBIII", 16 + sum(map(len, body)), delivery, len(body), seq, 1773153000, 5) + b"".join(body)


def pillar_capture(path, n):
    """Resets, then n retail messages (type 114) in packets of one to five."""
    rng, seq, made = random.Random(1), 2, {1: struct.pack("<HHIIBB", 14, 1, 1773150000, 5, 157, 3)}
    packets = [pillar(12, 1, [made[1]])]
    while seq < n:
        body = []
        for _ in range(rng.randint(1, 5)):
            body.append(struct.pack("<HHIIIc", 17, 114, seq, 7, seq, b"A"))
            made[seq] = body[-1]
            seq += 1
        packets.append(pillar(11, seq - len(body), body))
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
        for i, p in enumerate(packets):
            udp_part = struct.pack(">HHHH", 5000, 11076, 8 + len(p), 0) + p
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp_part), 1, 0x4000, 20, 17, 0, 0x0a000001, 0xe0003b4c)
            frame = bytes(12) + b"\x08\x00" + ip + udp_part
            f.write(struct.pack("<IIII", 1773153000, i * 1000, len(frame), len(frame)) + frame)
    return made


class Nyse:
    """A client of the request server, and the retransmission group on the loopback interface."""

    def __init__(self, port, group):
        self.s = socket.create_connection(("127.0.0.1", port), 20)
        self.m = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.m.bind(group)
        self.m.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group[0]) + socket.inet_aton("127.0.0.1"))
        self.m.settimeout(20)
        self.seq = 0

    def packet(self):
        head = self.s.recv(16, socket.MSG_WAITALL)
        return (head[2], head + self.s.recv(struct.unpack_from("<H", head)[0] - 16, socket.MSG_WAITALL)) if head else (0, b"")

    def ask(self, first, last, source=b"WIREBAR01", product=157, channel=3):
        self.seq += 1
        self.s.sendall(pillar(11, self.seq, [struct.pack("<HHII10sBB", 24, 10, first, last, source, product, channel)]))
        delivery, p = self.packet()
        assert delivery == 11 and len(p) == 45
        assert struct.unpack_from("<HHIII10sBB", p, 16) == (29, 11, self.seq, first, last, source.ljust(10, b"\0"), product, channel)
        return chr(p[44])

    def messages(self, first, last):
        got, flags = {}, set()
        while first <= last:
            p = self.m.recv(2048)
            size, flag, count, seq = struct.unpack_from("<HBBI", p)
            assert size == len(p) <= 1400 and seq == first
            at = 16
            for i in range(count):
                n = struct.unpack_from("<H", p, at)[0]
                got[seq + i] = p[at:at + n]
                at += n
            flags.add(flag)
            first += count
        return got, flags


def check_pillar(folder):
    port, group_port = ports(2)
    group = ("239.255.7.7", group_port)
    made = pillar_capture(f"{folder}/arca.pcap", 3000)
    with serving([f"{folder}/arca.pcap"], "--pillar", port, "--retransmit", "%s:%d" % group, "--quota", 9, "--heartbeat", "1s") as report:
        c = Nyse(port, group)
        assert c.ask(5, 5) == "0"
        assert c.messages(5, 5) == ({5: made[5]}, {13})
        assert c.ask(100, 1099) == "0"
        assert c.messages(100, 1099) == ({i: made[i] for i in range(100, 1100)}, {15})
        assert c.ask(100, 1100) == "3"
        assert c.ask(5, 4) == "3"
        assert c.ask(5, 5, source=b"SOMEONE") == "1"
        assert c.ask(5, 5, channel=4) == "7"
        last = max(made)
        assert c.ask(last, last + 4) == "0"
        assert c.messages(last, last)[0] == {last: made[last]}
        said, want = c.m.recv(2048), pillar(21, last + 1, [struct.pack("<HHIIBB", 14, 31, last + 1, last + 4, 157, 3)])
        assert said[:8] + said[16:] == want[:8] + want[16:]  # but for the time
        assert c.ask(5, 5) == "0" and c.ask(6, 6) == "0" and c.ask(7, 7) == "4"
    assert report["requests"] == 10 and report["refused"] == 5


def check_heartbeat(folder):
    port, group_port = ports(2)
    with serving([f"{folder}/arca.pcap"], "--pillar", port, "--retransmit", f"239.255.7.7:{group_port}", "--heartbeat", "200ms"):
        c = Nyse(port, ("239.255.7.7", group_port))
        for seq in (1, 2):
            assert c.packet()[0] == 1
            c.s.sendall(pillar(11, seq, [struct.pack("<HH10s", 14, 12, b"WIREBAR01")]))
        while (delivery := c.packet()[0]) == 1:  # not answered any more: cut off after 5 s
            pass
        assert delivery == 0


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([MARKETGEN, "--out", f"{folder}/m", "--instruments", "20", "--messages", "60k", "--venues", "itch,iex",
                        "--duration", "20s"], check=True, stderr=subprocess.DEVNULL)
        captures = [f"{folder}/m.itch.a.pcap", f"{folder}/m.iex.a.pcap"]
        session, itch = messages(captures[0], mold)
        key, deep = messages(captures[1], iex)
        assert len(deep) > 3500 or sys.exit(f"too few messages: {len(deep)}")
        m, u, t = ports(3)
        with serving(captures, "--mold", m, "--iex-udp", u, "--iex-tcp", t) as report:
            check_mold(m, session, itch)
            check_iex_udp(u, key, deep)
            check_iex_tcp(t, key, deep)
        assert report["requests"] == 10 and report["invalid"] == 2 and report["refused"] == 1, report
        p = subprocess.run([MARKETGEN, "serve", "--mold", str(m), "--idle", "100ms", captures[0]], capture_output=True, timeout=60)
        assert p.returncode == 0
        for wrong in ([], ["--mold", "5"], ["--mold", "0", captures[0]], [captures[0]], ["--pillar", "5", captures[0]]):
            assert subprocess.run([MARKETGEN, "serve", *wrong], capture_output=True).returncode == 2, wrong
        check_pillar(folder)
        check_heartbeat(folder)
    print("ok")


if __name__ == "__main__":
    main()
