#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# charts.py MODE LOCK PACKAGE JS CSS: takes the charts of the page from npm, as the lock file names them (npm compares their
# SHA-512), and writes two files. Where npm is missing or does not answer, the files are empty and the page says that it has no
# charts; MODE enabled fails instead, MODE disabled does not ask.
import os
import shutil
import subprocess
import sys
import tempfile

SCRIPTS = ('lightweight-charts/dist/lightweight-charts.standalone.production.js', 'uplot/dist/uPlot.iife.min.js')
STYLES = ('uplot/dist/uPlot.min.css',)
WAIT_S = 60


def fetch(folder, lock, package):
	for path, name in ((lock, 'package-lock.json'), (package, 'package.json')):
		shutil.copyfile(path, os.path.join(folder, name))
	subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=1',
			'--fetch-retry-mintimeout=500', '--fetch-timeout=10000'], cwd=folder, check=True, timeout=WAIT_S,
		       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
	read = lambda name: open(os.path.join(folder, 'node_modules', name), 'rb').read()
	return [b'\n'.join(map(read, names)) + b'\n' for names in (SCRIPTS, STYLES)]


def main():
	mode, lock, package, js, css = sys.argv[1:]
	texts, why = [b'', b''], 'option console_charts is disabled'
	if mode != 'disabled':
		try:
			with tempfile.TemporaryDirectory(prefix='wirebar-charts-') as folder:
				texts, why = fetch(folder, lock, package), None
		except (OSError, subprocess.SubprocessError) as error:
			said = getattr(error, 'stderr', None) or b''
			why = f'{error} {said.decode(errors="replace").strip()}'
	for path, text in zip((js, css), texts):
		with open(path, 'wb') as out:
			out.write(text)
	if why:
		print(f'the console has no charts: {why}', file=sys.stderr)
	return 1 if why and mode == 'enabled' else 0


if __name__ == '__main__':
	sys.exit(main())
