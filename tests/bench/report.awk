# SPDX-License-Identifier: GPL-2.0-only
# Lines "THING FIGURE VALUE" to a table, verdicts, and the file `json`.

{ v[$1, $2] = $3 }

function cell(thing, figure, unit) {
	if (!((thing, figure) in v))
		return sprintf("%9s", "-")
	return sprintf("%9.1f", v[thing, figure] / unit)
}

function row(title, thing) {
	print sprintf("%-20s", title) cell(thing, "read_ns", 1000) cell(thing, "write_ns", 1000) \
		"   " cell(thing, "read_iops", 1000) cell(thing, "write_iops", 1000) \
		"   " cell(thing, "seq_read_bytes", 1048576) cell(thing, "seq_write_bytes", 1048576)
}

function table() {
	print "Instructions of both ends together; MTU 1500, Linux " kernel ", MemX " commit
	print ""
	printf "%-20s%18s   %18s   %18s\n", "", "4 KiB QD 1,", "4 KiB QD 16,", "128 KiB QD 4,"
	printf "%-20s%18s   %18s   %18s\n", "", "thousand instr.", "thousand IOPS", "MiB/s"
	printf "%-20s%9s%9s   %9s%9s   %9s%9s\n", "",
		"read", "write", "read", "write", "read", "write"
	row("brd (local RAM)", "brd")
	row("raw echo, 3 frames", "echo")
	row("NVMe/TCP over brd", "nvme_tcp")
	row("MemX, none", "memx_none")
	row("MemX, encrypted", "memx_psk")
	print ""
}

# Compares instructions with a base; a goal of 0 is none.
function verdict(title, name, ns, base, goal,   ratio, text) {
	ratio = ns / base
	if (!goal)
		text = "no goal"
	else if (ratio <= goal)
		text = sprintf("goal %.2f: reached, %.1f thousand instructions to spare", goal,
			       (goal * base - ns) / 1000)
	else
		text = sprintf("goal %.2f: MISSED, by %.1f thousand instructions (%.0f %%)", goal,
			       (ns - goal * base) / 1000, 100 * (ratio / goal - 1))
	printf "%-36s %5.2f   %s\n", title, ratio, text
	ratios = ratios sprintf("%s\n    \"%s\": ", ratios ? "," : "", name) \
		 sprintf("{\"ratio\": %.4f, \"goal\": %s, \"reached\": %s}", ratio,
			 goal ? goal : "null", goal ? (ratio <= goal ? "true" : "false") : "null")
}

function verdicts(   floor, wfloor) {
	floor = v["brd", "read_ns"] + v["echo", "read_ns"]
	wfloor = v["brd", "write_ns"] + v["echo", "write_ns"]
	verdict("MemX none, read / (brd + echo)", "none_read_to_floor", v["memx_none", "read_ns"],
		floor, 1.25)
	verdict("MemX none, read / NVMe/TCP", "none_read_to_nvme_tcp", v["memx_none", "read_ns"],
		v["nvme_tcp", "read_ns"], 0.5)
	verdict("MemX none, write / (brd + echo)", "none_write_to_floor",
		v["memx_none", "write_ns"], wfloor, 0)
	verdict("MemX none, write / NVMe/TCP", "none_write_to_nvme_tcp",
		v["memx_none", "write_ns"], v["nvme_tcp", "write_ns"], 0)
	verdict("MemX encrypted, read / (brd + echo)", "psk_read_to_floor",
		v["memx_psk", "read_ns"], floor, 0)
	verdict("MemX encrypted, read / NVMe/TCP", "psk_read_to_nvme_tcp",
		v["memx_psk", "read_ns"], v["nvme_tcp", "read_ns"], 0)
}

function figures_of(thing,   key, part, list) {
	for (key in v) {
		split(key, part, SUBSEP)
		if (part[1] == thing)
			list = list sprintf("%s\"%s\": %s", list ? ", " : "", part[2], v[key])
	}
	return list
}

function write_json(   n, i, things) {
	n = split("brd echo nvme_tcp memx_none memx_psk", things, " ")
	printf "{\n  \"commit\": \"%s\",\n  \"kernel\": \"%s\",\n", commit, kernel >json
	printf "  \"mtu\": 1500,\n  \"figures\": {" >json
	for (i = 1; i <= n; i++)
		printf "%s\n    \"%s\": {%s}", (i > 1 ? "," : ""), things[i],
			figures_of(things[i]) >json
	printf "\n  },\n  \"ratios\": {%s\n  }\n}\n", ratios >json
	close(json)
}

END {
	table()
	verdicts()
	write_json()
}
