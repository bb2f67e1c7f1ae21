#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every frame of a capture that is sent over a veth pair arrives at an AF_XDP port and at an af_packet port, byte for
# byte and in order (the digests of both sides are equal), and the port's own counters say that nothing was lost.
# Usage: port_test.sh [CAPTURE...]   WIREBAR_RATE: frames a second (20000)
. "$(dirname "$0")/lib.sh"
hw_need python3

captures=("$@")
rate=${WIREBAR_RATE:-20000}
if [ ${#captures[@]} = 0 ]; then
	from=${WIREBAR_CAPTURES:-$(dirname "$0")/../../shared/captures}
	captures=("$from"/iex/iex_sample_DEEP10_20170425_session01.pcap.gz)
fi
[ -r "${captures[0]}" ] || hw_skip "no capture at ${captures[0]}"

receive() { # NAME DEVICE
	local out=$HW_DIR/$1 pid

	# Ahead of whatever else runs on a small machine: what is tested is the port, not the scheduler.
	ip netns exec "$HW_RX" nice -n -15 "$HW_BUILD/hwtest/port_count" "$2" --idle 2 >"$out" 2>"$out.err" &
	pid=$!
	hw_pids+=("$pid")
	if ! hw_wait "$out" ready 20; then
		cat "$out.err" >&2
		hw_fail "$1 did not begin to receive"
	fi
	hw_send --speed "$rate" "${captures[@]}" >"$out.sent"
	wait "$pid" || hw_fail "$1: $(cat "$out.err")"
	python3 - "$1" "$out" "$out.sent" <<'END'
import json, sys
name, got, sent = sys.argv[1], json.loads(open(sys.argv[2]).read().splitlines()[-1]), json.load(open(sys.argv[3]))
print(f"{name}: sent {sent['frames']} frames, {sent['bytes']} bytes in {sent['seconds']:.2f} s; received "
      f"{got['frames']}, {got['bytes']}; missed {got['missed']}, errors {got['errors']}, no_mbuf {got['no_mbuf']}")
for key in 'frames', 'bytes', 'digest':
    if got[key] != sent[key]:
        sys.exit(f'failed: {name}: {key} sent {sent[key]}, received {got[key]}')
for key in 'missed', 'errors', 'no_mbuf', 'stamp_errors':
    if got[key]:
        sys.exit(f'failed: {name}: {key} is {got[key]}')
END
}

hw_wire 1500
receive af_packet "$HW_AF_PACKET"
receive af_xdp "$HW_AF_XDP"
