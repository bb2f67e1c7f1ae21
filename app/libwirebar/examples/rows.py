#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""rows.py CAPTURE...: the sealed rows of captures, as `wirebar replay --bars -` writes them, by ctypes alone."""
import ctypes as c
import os
import sys

lib = c.CDLL(os.environ.get("LIBWIREBAR", "libwirebar.so.0"))
ROW = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)


class Run(c.Structure):  # struct wirebar_run
    _fields_ = [("bytes", c.c_size_t), ("files", c.POINTER(c.c_char_p)), ("n_files", c.c_size_t), ("conf", c.c_char_p),
                ("ctx", c.c_void_p), ("row", ROW), ("fire", ROW), ("sweep", ROW), ("fill", c.c_uint32), ("pad", c.c_uint32)]


lib.wirebar_csv_row.argtypes = [c.c_void_p, c.c_char_p, c.c_size_t]
line, why = c.create_string_buffer(4096), c.create_string_buffer(512)


def on_row(_, row):
    lib.wirebar_csv_row(row, line, 4096)
    sys.stdout.write(line.value.decode())
    return 0  # anything else stops the run


lib.wirebar_csv_header(line, c.c_size_t(4096))
sys.stdout.write(line.value.decode())
files = (c.c_char_p * (len(sys.argv) - 1))(*[os.fsencode(path) for path in sys.argv[1:]])
run = Run(bytes=c.sizeof(Run), files=files, n_files=len(files), row=ROW(on_row))
code = lib.wirebar_run(c.byref(run), None, why, c.c_size_t(512))
if code:
    print(f"rows.py: {why.value.decode()}", file=sys.stderr)
sys.exit(code)
