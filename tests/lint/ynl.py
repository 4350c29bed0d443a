#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare the YNL specifications src/*/*.yaml with src/include/memx_netlink.h.

Names, order, values and types of commands and attributes must be the same, every family of a
module that speaks netlink must have a specification, and enums must match the wire header.
Usage: ynl.py [TOP]
"""
import re
import sys
from pathlib import Path

import yaml

TYPES = ("u8", "u16", "u32", "u64", "s32", "string", "binary", "nest", "flag")
passed = failed = 0


def verdict(name, faults):
    """One line per thing compared, as the unit tests have it."""
    global passed, failed
    for fault in faults:
        print(f"     {fault}")
    print(f"{'FAIL' if faults else 'ok  '} {name}")
    passed += not faults
    failed += bool(faults)


ENTRY = re.compile(r"""
    (?:/\*\s*(\w+)(?:[^*]|\*(?!/))*\*/\s*\n\s*)?   # a comment above: its first word
    \b([A-Za-z_]\w*)\s*(?:=\s*(\w+)\s*)?,?[ \t]*   # name, value
    (?:/\*\s*(\w+)(?:[^*]|\*(?!/))*\*/)?   # or a comment behind
    """, re.X)


def parse_enums(text):
    """Each enum of a header: a list of (name, value, first word of its comment)."""
    for tag, body in re.findall(r"enum\s*(\w*)\s*\{(.*?)\};", text, re.S):
        entries, value = [], 0
        for above, name, given, behind in ENTRY.findall(body):
            value = int(given, 0) if given else value
            entries.append((name, value, above or behind))
            value += 1
        yield tag, entries


def c_name(text):
    return text.upper().replace("-", "_")


class Header:
    def __init__(self, path):
        text = path.read_text()
        self.families = dict(re.findall(r"#define (MEMX_\w+)_GENL\s+\"(\w+)\"", text))
        self.version = int(re.search(r"#define MEMX_GENL_VERSION\s+(\d+)", text)[1])
        self.group = re.search(r"#define MEMX_GENL_EVENTS\s+\"(\w+)\"", text)[1]
        self.enums = [entries for _, entries in parse_enums(text) if entries]

    def entries(self, prefix):
        """The enum of a prefix without its first (UNSPEC) and last (NR); None: there is none."""
        for entries in self.enums:
            if entries[0][0] == prefix + "UNSPEC":
                return [e for e in entries[1:] if not e[0].startswith("__")]
        return None

    def prefixes(self, family):
        """All attribute sets of a family, as prefixes."""
        return {e[0][0][:-len("UNSPEC")] for e in self.enums
                if e[0][0].startswith(family + "_") and e[0][0].endswith("_A_UNSPEC")}


def compare_lists(want, have, prefix):
    """@want of the header, @have of the specification: (name, value, type or "")."""
    for (name, value, kind), (other, number, other_kind) in zip(want, have):
        if name != prefix + c_name(other):
            yield f"{name} is {prefix}{c_name(other)} in the specification"
            return
        if value != number:
            yield f"{name} is {value}, not {number}"
        if kind in TYPES and other_kind and kind != other_kind:
            yield f"{name} is a {kind} in the header, a {other_kind} in the specification"
    for name, *_ in want[len(have):]:
        yield f"{name} is missing in the specification"
    for name, *_ in have[len(want):]:
        yield f"{name} is not in the header"


def compare_set(header, family, spec_set, main):
    infix = "" if spec_set["name"] == main else "_" + c_name(spec_set["name"])
    prefix = f"{family}{infix}_A_"
    want = header.entries(prefix)
    if want is None:
        return prefix, [f"the header has no enum {prefix}*"]
    have, value = [], 0
    for attr in spec_set["attributes"]:
        value = attr.get("value", value + 1)
        have.append((attr["name"], value, attr["type"]))
    return prefix, list(compare_lists(want, have, prefix))


def operations(spec):
    value = 0
    for op in spec["operations"]["list"]:
        value = op.get("value", value + 1)
        yield op["name"], value, ""


def references(spec):
    """Attributes that operations name must exist in their set, nested sets must exist."""
    sets = {s["name"]: {a["name"] for a in s["attributes"]} for s in spec["attribute-sets"]}
    for s in spec["attribute-sets"]:
        for a in s["attributes"]:
            if a["type"] == "nest" and a.get("nested-attributes") not in sets:
                yield f"{s['name']}.{a['name']} nests a set that does not exist"
    for op in spec["operations"]["list"]:
        known = sets.get(op["attribute-set"], set())
        parts = [op.get("event", {})] + [op.get(k, {}).get(way, {}) for k in ("do", "dump")
                                         for way in ("request", "reply")]
        for part in parts:
            for name in part.get("attributes", []):
                if name not in known:
                    yield f"{op['name']} names the attribute {name}, which does not exist"


def definitions(spec, wire):
    for d in spec.get("definitions", []):
        want = wire.get("rmp_" + d["name"])
        have = [(e if isinstance(e, str) else e["name"]) for e in d["entries"]]
        if want is None:
            yield f"there is no enum rmp_{d['name']}"
            continue
        names = [n.split("_", 2)[2] for n, *_ in want if not n.endswith("_NR")]
        if names != [c_name(e) for e in have]:
            yield f"enum rmp_{d['name']} is {names}, not {have}"


def compare(path, header, wire):
    spec = yaml.safe_load(path.read_text())
    name, family = spec["name"], c_name(spec["name"])
    main = name.removeprefix("memx_")
    faults = []
    if header.families.get(family) != name:
        faults.append(f"the header has no family {name}")
    if spec["version"] != header.version:
        faults.append(f"version {spec['version']}, not {header.version}")
    if [g["name"] for g in spec["mcast-groups"]["list"]] != [header.group]:
        faults.append(f"the one multicast group is {header.group}")
    verdict(f"{name}: family", faults + list(definitions(spec, wire)) + list(references(spec)))
    prefix = family + "_CMD_"
    verdict(f"{name}: commands",
            list(compare_lists(header.entries(prefix) or [], list(operations(spec)), prefix)))
    seen = set()
    for spec_set in spec["attribute-sets"]:
        prefix, faults = compare_set(header, family, spec_set, main)
        seen.add(prefix)
        verdict(f"{name}: {prefix}*", faults)
    verdict(f"{name}: attribute sets", [f"{p}* is missing in the specification"
                                        for p in sorted(header.prefixes(family) - seen)])
    return name


def main():
    top = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    header = Header(top / "src/include/memx_netlink.h")
    wire = dict(parse_enums((top / "src/include/rmp_wire.h").read_text()))
    specified = {compare(path, header, wire) for path in sorted(top.glob("src/*/*.yaml"))}
    for name in sorted(set(header.families.values()) - specified):
        module = top / "src" / name.removeprefix("memx_")
        speaks = (module / "netlink.c").exists()
        verdict(f"{name}: specification",
                [f"src/{module.name}/{name}.yaml does not exist"] if speaks else [])
    print(f"ynl: {passed} passed, {failed} failed")
    return 1 if failed or not specified else 0


if __name__ == "__main__":
    sys.exit(main())
