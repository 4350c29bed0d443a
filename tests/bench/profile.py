#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts the instructions of a trace by function. Usage: profile.py TRACE KALLSYMS OUT

TRACE is QEMU's log of a single-stepped machine, a line for each instruction. Writes OUT.functions
(means of all requests that took the usual number) and OUT.tree (calls of one of them).
"""
import bisect
import collections
import statistics
import sys

KERNEL = 1 << 47
ENTRY = "__x64_sys_io_submit"


class Symbols:
    def __init__(self, path):
        found = []
        with open(path) as lines:
            for line in lines:
                part = line.split()
                if part[1] in "tTwW":
                    found.append((int(part[0], 16), " ".join(part[2:])))
        found.sort()
        self.at = [address for address, _ in found]
        self.names = [name for _, name in found]
        self.known = {}

    def name(self, pc):
        if pc not in self.known:
            n = bisect.bisect_right(self.at, pc) - 1
            self.known[pc] = self.names[n] if pc >= KERNEL else "(user space)"
        return self.known[pc]

    def starts(self):
        return set(self.at)


def read_trace(path):
    pcs = []
    with open(path, "rb") as lines:
        for line in lines:
            if line.startswith(b"Trace"):
                pcs.append(int(line.split(b"/")[1], 16))
            elif line.startswith(b"Stopped") and pcs:
                pcs.pop()  # it was not executed, and comes again
    return pcs


def requests(pcs, symbols):
    """From one submission to the next; those that an interrupt lengthened are left out."""
    entry = symbols.at[symbols.names.index(ENTRY)]
    begin = [i for i, pc in enumerate(pcs) if pc == entry]
    all_of_them = list(zip(begin, begin[1:]))
    if not all_of_them:
        sys.exit("profile.py: no whole request is in the trace")
    median = statistics.median_low([b - a for a, b in all_of_them])
    return [(a, b) for a, b in all_of_them if abs(b - a - median) < median / 50], median


class Call:
    def __init__(self, name, caller):
        self.name, self.caller, self.own, self.calls = name, caller, 0, []

    def total(self):
        return self.own + sum(call.total() for call in self.calls)

    def write(self, out, depth=0):
        print(f"{self.total():6} {self.own:6}  {'. ' * depth}{self.name}", file=out)
        for call in self.calls:
            call.write(out, depth + 1)


def call_tree(pcs, symbols, starts):
    root = now = Call("request", None)
    last = None
    for pc in pcs:
        name = symbols.name(pc)
        # Another function at its first instruction is a call, elsewhere it is a return.
        if name != last:
            back = now
            while back and (pc in starts or back.name != name):
                back = back.caller
            if not back:
                back = Call(name, now if pc in starts else root)
                back.caller.calls.append(back)
            now, last = back, name
        now.own += 1
    return root


def functions(pcs, symbols, starts, chosen):
    own, calls = collections.Counter(), collections.Counter()
    for a, b in chosen:
        for pc in pcs[a:b]:
            own[symbols.name(pc)] += 1
            calls[symbols.name(pc)] += pc in starts
    return own, calls


def module_of(name):
    if name.endswith("]"):
        return name[name.index("[") + 1:-1]
    return name if name.startswith("(") else "kernel"


def main(trace, kallsyms, out):
    symbols = Symbols(kallsyms)
    starts = symbols.starts()
    pcs = read_trace(trace)
    chosen, median = requests(pcs, symbols)
    own, calls = functions(pcs, symbols, starts, chosen)
    modules = collections.Counter()
    for name, n in own.items():
        modules[module_of(name)] += n
    n = len(chosen)
    with open(out + ".functions", "w") as to:
        print(f"{median} instructions from one submission to the next; {n} requests", file=to)
        for name, count in modules.most_common():
            print(f"{count / n:9.0f}          {name}, all of it", file=to)
        print(f"{'own':>9} {'calls':>7}  function", file=to)
        for name, count in own.most_common():
            print(f"{count / n:9.0f} {calls[name] / n:7.1f}  {name}", file=to)
    usual = [(a, b) for a, b in chosen if b - a == median][0]
    with open(out + ".tree", "w") as to:
        print(" total    own", file=to)
        call_tree(pcs[usual[0]:usual[1]], symbols, starts).write(to)


if __name__ == "__main__":
    main(*sys.argv[1:])
