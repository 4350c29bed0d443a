#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# The path of a page read, seen by the function tracer: what runs on it, and who copies.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# trace_reads SECURITY: traces 8 reads of a page each. Of each one line in /tmp/verdict: functions that
# do not belong there, then how many bytes of the bodies of frames skb_copy_bits() copied together at
# client and server, fragments whose page the sender referred to and copied, bytes encrypted and
# decrypted. scatter() of rx.c puts a body where it belongs, once for a frame: any copy before that is
# seen here.
TRACE='
	tracefs=/sys/kernel/tracing
	nothing_traced() {
		echo nop >current_tracer
		[ ! -e events/memx ] || echo 0 >events/memx/enable
		echo >set_ftrace_filter
		echo >kprobe_events
	}
	trace_on() {
		cd $tracefs
		nothing_traced
		printf "%s\n" "p:memx/copy skb_copy_bits off=\$arg2:u32 len=\$arg4:u32" \
			"p:memx/encrypt rmp_aead_encrypt key=\$arg1:u64 len=\$arg3:u32" \
			"p:memx/decrypt rmp_aead_decrypt key=\$arg1:u64 len=\$arg3:u32" >kprobe_events
		printf "%s\n" :mod:memx_rmap :mod:memx_server :mod:memx_client blk_mq_end_request \
			skb_add_rx_frag queue_work_on queue_delayed_work_on mod_delayed_work_on process_one_work \
			wake_up_process skb_copy skb_copy_expand skb_copy_ubufs pskb_expand_head \
			__pskb_pull_tail | while read -r line; do echo "$line" >>set_ftrace_filter; done
		echo 1 >events/memx/enable
		echo function >current_tracer
		echo >trace
	}
	trace_off() {
		cp trace /tmp/trace
		nothing_traced
		cd /tmp
	}
	judge() {
		awk '"'"'
		/ memx_clt_queue_rq <-/ {
			on = 1; side = 0; strange = ""; refs = copies = enc = dec = 0
			body[0] = body[1] = 0
		}
		!on { next }
		$5 == "rmp_tsess_rx" { side = 1 }
		$5 == "rmp_sess_rx" { side = 0 }
		$5 == "skb_add_rx_frag" && $6 ~ /out_frame/ { refs++ }
		$5 == "put_copy" { copies++ }
		{ split($(NF - 1), off, "="); split($NF, len, "=") }
		$5 == "copy:" && off[2] >= 40 { body[side] += len[2] }
		$5 == "encrypt:" { enc += len[2] }
		$5 == "decrypt:" { dec += len[2] }
		$5 ~ /work|wake_up|timer|slow_queue|^skb_copy(_expand|_ubufs)?$|pskb_/ {
			strange = strange "," $5 $6
		}
		$5 == "blk_mq_end_request" {
			print strange ":", body[0], body[1], refs, copies, enc, dec
			on = 0
		}'"'"' /tmp/trace
	}
	trace_reads() {
		pair 1500 $1; volume v0 16M; device=$(disk)
		# Nothing is lost here; a timer that was armed by an earlier request would run out late.
		for ns in cli srv; do $ns memx-admin node set --rto-min 1000000 --rto-max 2000000; done
		dd if=/dev/urandom of=$device bs=64k count=4 oflag=direct
		dd if=$device of=/dev/null bs=4k count=4 iflag=direct
		trace_on
		dd if=$device of=/dev/null bs=4k count=8 iflag=direct
		trace_off
		judge >/tmp/verdict
		is "$(wc -l </tmp/verdict)" -eq 8
	}
	# An interrupt may bring work of others into one or the other read, not into all.
	most_are() {
		is "$(grep -cxF -- "$1" /tmp/verdict)" -ge 6 && return
		cat /tmp/verdict >&2
		grep -A 200 memx_clt_queue_rq /tmp/trace | head -n 200 >&2
		return 1
	}
'

@test "without encryption: no thread, no timer, one copy at the client, none at the server" {
	guest 60 "$TRACE"'
		trace_reads none
		most_are ": 0 0 3 0 0 0"'
}

@test "with encryption: no thread, no timer, one pass of the cipher at each side is the copy" {
	guest 60 "$TRACE"'
		trace_reads psk
		most_are ": 0 0 0 0 $((24 + 4096)) $((24 + 4096 + 4 * 16))"'
}
