#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# embed.py IN OUT NAME [WITHOUT]: writes IN as C: const char NAME_text[], NUL-terminated, and const size_t NAME_bytes.
# WITHOUT leaves out the sections of that kind, with the comment lines right above them.
import re
import sys

path, out, name = sys.argv[1:4]
data = open(path, 'rb').read()
if len(sys.argv) > 4:
	data = re.sub(rb'((?:;[^\n]*\n)*)\[%s[ \]][^\n]*\n(?:[^\[;\n][^\n]*\n|\n)*' % sys.argv[4].encode(), b'', data)
with open(out, 'w') as f:
	f.write('/* made by conf/embed.py */\n#include "conf/conf.h"\n\n')
	f.write(f'const char {name}_text[] = {{\n')
	for i in range(0, len(data), 16):
		f.write('\t' + ' '.join(f'{b if b < 128 else b - 256},' for b in data[i:i + 16]) + '\n')
	f.write(f'\t0,\n}};\nconst size_t {name}_bytes = {len(data)};\n')
