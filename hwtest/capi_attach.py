#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Python process beside a running appliance, by ctypes alone. usage: capi_attach.py LIBWIREBAR PREFIX HUGE_DIR"""
import ctypes as c
import os
import sys

OK, ABSENT, NOTHING, TIMEOUT, USAGE = 0, 4, 8, 7, 2
ANY = 0xffffffff


class How(c.Structure):
    _fields_ = [("bytes", c.c_size_t), ("file_prefix", c.c_char_p), ("huge_dir", c.c_char_p), ("timeout_ms", c.c_uint32),
                ("verbose", c.c_uint32)]


class Quote(c.Structure):
    _fields_ = [("bytes", c.c_uint32), ("venue", c.c_uint8), ("channel", c.c_uint8), ("status", c.c_uint8), ("suspect", c.c_uint8),
                ("bid", c.c_int64), ("ask", c.c_int64), ("bid_size", c.c_uint64), ("ask_size", c.c_uint64), ("ts_ns", c.c_uint64)]


lib = c.CDLL(sys.argv[1])
lib.wirebar_row_bytes.restype = lib.wirebar_format.restype = c.c_size_t
SIZE = lib.wirebar_row_bytes()
why = c.create_string_buffer(512)


def attach(prefix):
    how, handle = How(c.sizeof(How), prefix.encode(), sys.argv[3].encode(), 10000, 0), c.c_void_p()
    return lib.wirebar_attach(c.byref(handle), c.byref(how), why, c.c_size_t(512)), handle


def cells(row, *names):
    out, text = [], c.create_string_buffer(256)
    for name in names:
        lib.wirebar_format(row, lib.wirebar_column(name.encode()), text, c.c_size_t(256))
        out.append(text.value.decode())
    return out


def same(found, expected):
    if found != expected:
        sys.exit(f"found {found}, expected {expected}: {why.value.decode()}")


cpus = os.sched_getaffinity(0)
same(attach("wbnobody")[0], ABSENT)
code, w = attach(sys.argv[2])
same(code, OK)
same(os.sched_getaffinity(0), cpus)
lib.wirebar_detach(w)
code, w = attach(sys.argv[2])  # once more: the same appliance
same(code, OK)
same(lib.wirebar_alive(w), OK)
spy = c.c_uint32()
same(lib.wirebar_find(w, b"SPY", c.byref(spy)), OK)
same(lib.wirebar_find(w, b"NOSUCH", c.byref(c.c_uint32())), NOTHING)
name = c.create_string_buffer(9)
same(lib.wirebar_symbol(w, spy, name), OK)
same(name.value, b"SPY")
rows, have = c.create_string_buffer(6 * SIZE), c.c_uint32()
same(lib.wirebar_bundle(w, spy, rows, c.c_size_t(SIZE), c.byref(have)), OK)
same(have.value & 1, 1)
for span in range(6):
    if have.value >> span & 1:
        symbol, span_text = cells(c.byref(rows, span * SIZE), "symbol", "span")
        same((symbol, span_text), ("SPY", ["1s", "5s", "15s", "30s", "1m", "5m"][span]))
past, n = c.create_string_buffer(8 * SIZE), c.c_uint32()
same(lib.wirebar_history(w, spy, 0, past, c.c_size_t(SIZE), 8, c.byref(n)), OK)
closes = [cells(c.byref(past, i * SIZE), "close_ts")[0] for i in range(n.value)]
same(closes, sorted(set(closes), reverse=True))
same(n.value > 1, True)  # it is watched
quote = Quote()
same(lib.wirebar_quote(w, spy, c.byref(quote), c.c_size_t(c.sizeof(quote))), OK)
same((quote.bytes, quote.bid > 0, quote.ask > 0), (c.sizeof(quote), True, True))  # of several venues: may be crossed
same(lib.wirebar_quote(w, spy, c.byref(quote), c.c_size_t(24)), OK)  # an older program's
same(quote.bytes, 24)
heard, row = set(), c.create_string_buffer(SIZE)
for _ in range(100):
    same(lib.wirebar_wait(w, ANY, 1, 10000, row, c.c_size_t(SIZE)), OK)
    heard.add(tuple(cells(row, "symbol", "span", "close_ts")))
same(len(heard), 100)
same({one[1] for one in heard}, {"1s"})
same(lib.wirebar_wait(w, spy, 0, 0, row, c.c_size_t(SIZE)), USAGE)
lib.wirebar_detach(w)
print(f"capi: {lib.wirebar_columns()} columns, {n.value} rows of history, {len({one[0] for one in heard})} instruments heard")
