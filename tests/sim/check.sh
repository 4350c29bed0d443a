#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The simulator: every break must be noticed, a seed must say the same each time, and seeds must
# hold for a while. Usage: check.sh SIM SANITIZED-SIM SECONDS
# SIM_SEED=N begins with that seed instead of one that no run had before.
sim=$1
sanitized=$2
seconds=$3
first=${SIM_SEED:-$(date +%s)000}
passed=0
failed=0

ok() {
	passed=$((passed + 1))
	echo "ok   $*"
}

bad() {
	failed=$((failed + 1))
	echo "FAIL $*"
}

# A rule is broken on purpose: some seed says so, and says it again when it is replayed.
check_break() {
	out=$(timeout 120 "$sim" --seeds 5000 --break "$1")
	rc=$?
	line=$(printf '%s\n' "$out" | grep '^FAIL seed')
	seed=$(printf '%s\n' "$line" | sed -n 's/^FAIL seed \([0-9]*\) .*/\1/p')
	if [ "$rc" -ne 1 ] || [ -z "$seed" ]; then
		bad "break $1 is not noticed"
		return
	fi
	again=$("$sim" --seed "$seed" --break "$1" --trace | grep '^FAIL seed')
	if [ "$line" = "$again" ]; then
		ok "break $1 is noticed: ${line#FAIL }"
	else
		bad "break $1: seed $seed says '$again' when it is replayed, not '$line'"
	fi
}

hash_of() {
	"$@" | sed -n 's/^hash //p'
}

for name in $("$sim" --list); do
	check_break "$name"
done

one=$(hash_of "$sim" --seeds 40)
if [ -n "$one" ] && [ "$one" = "$(hash_of "$sim" --seeds 40)" ]; then
	ok "same seeds, same trace: $one"
else
	bad "same seeds, another trace"
fi
if [ "$one" = "$(hash_of "$sim" --seeds 40 --trace)" ]; then
	ok "printing the trace changes nothing"
else
	bad "printing the trace changes what happens"
fi
if [ "$(hash_of "$sim" --seed 7)" != "$(hash_of "$sim" --seed 8)" ]; then
	ok "another seed, another trace"
else
	bad "two seeds have the same trace"
fi
if [ "$one" = "$(hash_of "$sanitized" --seeds 40)" ]; then
	ok "the same under the sanitizers"
else
	"$sanitized" --seeds 40 2>&1 | tail -n 40
	bad "another trace under the sanitizers, or a fault"
fi
if "$sim" --seed "$first" --seconds "$seconds"; then
	ok "$seconds s of seeds from $first on"
else
	bad "a seed from $first on"
fi
echo "sim: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
