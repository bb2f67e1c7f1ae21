#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# embed.py OUT FILE...: writes the files as C: the list of asset.h, each under its name without folder.
import os
import sys

with open(sys.argv[1], 'w', encoding='ascii') as out:
	out.write('/* made by embed.py */\n#include "app/wirebar_console/asset.h"\n\n')
	rows = []
	for i, path in enumerate(sys.argv[2:]):
		data = open(path, 'rb').read()
		out.write(f'static const unsigned char file{i}[] = {{\n')
		for at in range(0, len(data), 32):
			out.write('\t' + ','.join(map(str, data[at:at + 32])) + ',\n')
		out.write('\t0,\n};\n')
		rows.append(f'\t{{ "{os.path.basename(path)}", file{i}, {len(data)} }},\n')
	out.write('\nconst struct asset asset_all[] = {\n' + ''.join(rows) + '};\n')
	out.write(f'const size_t asset_count = {len(rows)};\n')
