#!/bin/sh
# The generated pages are what the lists say now: `wirebar docs PAGE > docs/PAGE.md` mends a stale one. Pages that
# others name exist. Lines of text have at most 110 columns, tables excepted; rows of a table have as many cells.
set -eu
rc=0
bad() { echo "$1"; rc=1; }
pages=$("$1" docs --help | sed -n 's/^usage: wirebar docs //p' | tr '|' ' ')
[ "$pages" ] || bad "wirebar docs --help names no page"
for page in $pages; do
	"$1" docs "$page" | diff -u "$WIREBAR_SOURCE/docs/$page.md" - >/dev/null ||
		bad "docs/$page.md is stale: wirebar docs $page > docs/$page.md"
done
"$1" docs dashboard | diff -q "$WIREBAR_SOURCE/conf/prometheus/dashboard.json" - >/dev/null ||
	bad "conf/prometheus/dashboard.json is stale: wirebar docs dashboard > conf/prometheus/dashboard.json"
cd "$WIREBAR_SOURCE"
for page in README.md docs/*.md; do
	for link in $(grep -o '](\([^)#: ]*\))' "$page" | sed 's/^](//; s/)$//' | sort -u); do
		[ -e "$(dirname "$page")/$link" ] || bad "$page: no such page: $link"
	done
	long=$(sed '/^<!-- begin/,/^<!-- end/d; /^|/d' "$page" | LC_ALL=C.UTF-8 grep -cvE '^.{0,110}$') || true
	cut=$(awk '!/^\|/ { n = 0; next } { gsub(/\\\|/, ""); m = gsub(/\|/, ""); bad += n && m != n; n = m } END { print bad + 0 }' "$page")
	[ "$cut" = 0 ] || bad "$page: $cut rows of tables have not as many cells as the row above (| in a cell is \\|)"
	[ "$long" = 0 ] || bad "$page: $long lines of more than 110 columns"
done
for path in $(grep -o '`/wirebar/[a-z_/]*`' docs/wirebarctl.md); do
	grep -q "^| $path |" docs/telemetry.md || bad "a command of wirebarctl asks $path, which is no telemetry path"
done
for page in $(grep -rhoE 'docs/[a-z-]+\.md' app conf drivers lcore tests hwtest | sort -u); do
	[ -e "$page" ] || bad "a comment names $page, which is not there"
done
exit $rc
