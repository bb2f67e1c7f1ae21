#!/bin/sh
# The generated pages are what the lists say now: `wirebar docs PAGE > docs/PAGE.md` mends a stale one.
set -eu
rc=0
for page in bars conf counters telemetry; do
	if ! "$1" docs "$page" | diff -u "$WIREBAR_SOURCE/docs/$page.md" - >/dev/null; then
		echo "docs/$page.md is stale: wirebar docs $page > docs/$page.md"
		rc=1
	fi
done
exit $rc
