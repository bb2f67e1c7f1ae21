# SPDX-License-Identifier: BSD-3-Clause
"""Rows of the Arrow IPC streams that wirebar writes (docs/arrow.md), without a package. Sources: FlatBuffers, "Internals";
Apache Arrow, Columnar.rst."""
import struct


class Table:
    """A flatbuffer table (FlatBuffers, "Internals": vtables, offsets)."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def where(self, slot):
        size = struct.unpack_from("<H", self.data, self.vtable)[0]
        offset = struct.unpack_from("<H", self.data, self.vtable + 4 + 2 * slot)[0] if 4 + 2 * slot < size else 0
        return self.at + offset if offset else None

    def number(self, slot, code, otherwise=0):
        at = self.where(slot)
        return struct.unpack_from("<" + code, self.data, at)[0] if at else otherwise

    def table(self, slot):
        at = self.where(slot)
        return Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])

    def vector(self, slot):
        """Where its elements begin, and how many there are."""
        at = self.where(slot)
        if not at:
            return 0, 0
        at += struct.unpack_from("<I", self.data, at)[0]
        return at + 4, struct.unpack_from("<I", self.data, at)[0]

    def tables(self, slot):
        at, n = self.vector(slot)
        return [Table(self.data, at + 4 * i + struct.unpack_from("<I", self.data, at + 4 * i)[0]) for i in range(n)]

    def text(self, slot):
        at, n = self.vector(slot)
        return self.data[at:at + n].decode()


INT, FLOAT, UTF8, TIME = 2, 3, 5, 10
BAD = (struct.error, ValueError, IndexError, TypeError, AttributeError)


def arrow(stream):
    """Rows of an Arrow IPC stream as wirebar writes it: (metadata, [{column: value}]). Times are ns, flags bits. Of other bytes an
    exception of BAD, at the end of the stream at the latest."""
    at, columns, meta, rows = 0, [], {}, []
    while at < len(stream):
        mark, size = struct.unpack_from("<II", stream, at)
        if mark != 0xFFFFFFFF:
            raise ValueError(hex(mark))
        if size == 0:
            break
        head = stream[at + 8:at + 8 + size]
        message = Table(head, struct.unpack_from("<I", head, 0)[0])
        body = at + 8 + size
        length = message.number(3, "q")
        if length < 0:
            raise ValueError("a body of less than nothing")
        at = body + length
        if message.number(1, "B") == 1:
            schema = message.table(2)
            columns = [(f.text(0), f.number(2, "B"), f.table(3).number(0, "i") if f.number(2, "B") == INT else 64) for f in schema.tables(1)]
            meta = {p.text(0): p.text(1) for p in schema.tables(2)}
            continue
        rows += batch(stream, body, message.table(2), columns)
    return meta, rows


def batch(stream, body, record, columns):
    n = record.number(0, "q")
    if not 0 <= n <= len(stream):
        raise ValueError("more rows than bytes")
    first, _ = record.vector(2)
    buffers = iter(range(first, 1 << 31, 16))

    def buffer():
        offset, length = struct.unpack_from("<qq", record.data, next(buffers))
        return body + offset, length
    rows = [{} for _ in range(n)]
    for name, kind, bits in columns:
        (valid, has), (values, _) = buffer(), buffer()
        text = buffer()[0] if kind == UTF8 else 0
        for i in range(n):
            if has and not stream[valid + i // 8] >> i % 8 & 1:
                rows[i][name] = None
            elif kind == UTF8:
                a, b = struct.unpack_from("<ii", stream, values + 4 * i)
                rows[i][name] = stream[text + a:text + b].decode()
            else:
                code, width = ("d", 8) if kind == FLOAT else ("i", 4) if bits == 32 else ("q", 8)
                rows[i][name] = struct.unpack_from("<" + code, stream, values + width * i)[0]
    return rows
