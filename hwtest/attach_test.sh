#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The appliance as DPDK primary on hugepages; a second process of the same binary attaches, finds tables and links by name,
# and reads bundles consistently while bars are being sealed; killed and attached again, it works again. So nothing
# shared holds pointers of one process. Meanwhile programs of other people do so by libwirebar: one in C hears each row
# of an instrument until the appliance has ended, one in Python reads a bit of all.
. "$(dirname "$0")/lib.sh"
hw_need python3

wirebar=$HW_BUILD/app/wirebar/wirebar
prefix=wbatt$$ pages=600
before=$(cat /proc/sys/vm/nr_hugepages)
restore() {
	[ -z "${primary:-}" ] || { kill "$primary" 2>/dev/null && wait "$primary" 2>/dev/null || true; }
	umount "$HW_DIR/huge" 2>/dev/null || true
	echo "$before" >/proc/sys/vm/nr_hugepages
	hw_clean
}
trap restore EXIT

echo $((before + pages)) >/proc/sys/vm/nr_hugepages || hw_skip "cannot reserve hugepages"
[ "$(cat /proc/sys/vm/nr_hugepages)" -ge $((before + pages)) ] || hw_skip "no room for $pages hugepages"
mkdir "$HW_DIR/huge"
mount -t hugetlbfs none "$HW_DIR/huge" || hw_skip "cannot mount hugetlbfs"
"$HW_BUILD/app/marketgen/marketgen" --out "$HW_DIR/m" --seed 5 --instruments 200 --messages 200k --start 09:29:50 --duration 60s 2>/dev/null

cat >"$HW_DIR/a.conf" <<END
[bars]
instruments = 2000
orders = 400000
levels = 400000
prints = 100000
watch = SPY,QQQ
[run]
share_cpu = yes
[eal]
file_prefix = $prefix
huge_dir = $HW_DIR/huge
[port replay]
speed = 5x
[lcore ingest0]
stage = ingest
queues = replay:0
idle = yield
[lcore signal0]
stage = signal
idle = sleep
[lcore telemetry0]
stage = telemetry
idle = sleep
[lcore export0]
stage = export
idle = sleep
[link bars_signal]
from = ingest0
to = signal0
[link bars_export]
from = ingest0
to = export0
[link fires_telemetry]
from = signal0
to = telemetry0
[gate g]
rule = 5s ema9 cross_above ema21
END
"$wirebar" replay --conf "$HW_DIR/a.conf" "$HW_DIR/m.itch.a.pcap" "$HW_DIR/m.iex.a.pcap" --summary "$HW_DIR/a.json" --bars "$HW_DIR/a.csv" \
	>"$HW_DIR/a.out" 2>"$HW_DIR/a.err" &
primary=$!
hw_wait "$HW_DIR/a.err" "ask while it runs" 30 || { cat "$HW_DIR/a.err" >&2; hw_fail "the primary did not start"; }
sleep 4 # into the open

attach() { timeout 20 "$wirebar" attach --file-prefix "$prefix" --huge-dir "$HW_DIR/huge" --symbols SPY,QQQ "$@"; }

attach >"$HW_DIR/first" 2>"$HW_DIR/first.err" || { cat "$HW_DIR/first.err" >&2; hw_fail "attach: $(tail -n 3 "$HW_DIR/first")"; }
grep -q SPY "$HW_DIR/first" || hw_fail "attach printed no bundle"
grep -q "^ingest0 *ingest *[1-9]" "$HW_DIR/first" || hw_fail "attach found no frames on ingest0"
grep -q "channel 0 .*itch50 *[1-9]" "$HW_DIR/first" || hw_fail "attach found no messages on channel 0"
"$HW_BUILD/app/libwirebar/capi_wait" "$prefix" SPY "$HW_DIR/huge" >"$HW_DIR/capi.csv" 2>"$HW_DIR/capi.err" &
capi=$!
library=$HW_BUILD/app/libwirebar/libwirebar.so
nm -D --undefined-only "$library" | grep -q __asan_init || # which Python cannot load
	timeout 60 python3 "$(dirname "$0")/capi_attach.py" "$library" "$prefix" "$HW_DIR/huge" || hw_fail "a reader in Python"
# Watching, then killed in the middle of it.
"$wirebar" attach --file-prefix "$prefix" --huge-dir "$HW_DIR/huge" --symbols SPY,QQQ --watch >"$HW_DIR/killed" 2>&1 &
watcher=$!
sleep 2
kill -9 "$watcher"
wait "$watcher" 2>/dev/null || true
attach >"$HW_DIR/again" 2>"$HW_DIR/again.err" || { cat "$HW_DIR/again.err" >&2; hw_fail "attach after a kill"; }
cat "$HW_DIR/again"
wait "$primary" || hw_fail "the primary ended with $?"
primary=
wait "$capi" || { cat "$HW_DIR/capi.err" >&2; hw_fail "a reader in C ended with $?"; }
python3 - "$HW_DIR" <<'END'
import csv, json, sys
written = set(open(sys.argv[1] + "/a.csv"))
lines = open(sys.argv[1] + "/capi.csv").readlines()
heard = list(csv.DictReader([next(iter(open(sys.argv[1] + "/a.csv")))] + lines))
closes = [row["close_ts"] for row in heard]
strange = [line for line, row in zip(lines, heard) if row["trades"] != "0" and line not in written]
print(f"capi: {len(lines)} rows heard")
if strange or closes != sorted(set(closes)) or len(closes) < 5 or {row["symbol"] + row["span"] for row in heard} != {"SPY1s"}:
    sys.exit(f"failed: a reader in C heard other rows than were written: {strange[:1]} {closes}")
s = json.load(open(sys.argv[1] + "/a.json"))
print(f"primary: {s['frames']} frames, {s['bars']} bars, ledger balanced: {s['ledger_balanced']}")
sys.exit(0 if s["ledger_balanced"] and s["exit_code"] == 0 and s["bars"] else "failed: the primary's run was not complete")
END
