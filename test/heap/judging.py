# SPDX-License-Identifier: Apache-2.0
"""
What `dowse heap` and `dowse why` say, against what test/programs/edifice knows about itself and what
the collector found. Shares nothing with dowse: documents go in, complaints come out, each a pair of
a word for its kind and a sentence.
"""

KIB = 1 << 10

# A pointer of the runtime's own that leads to something which was allocated while the program told
# what is alive, one that a register still has: parity is to this share, or so many bytes.
PARITY_SHARE = 0.001
PARITY_BYTES = 32 * KIB

# From 1.21 on the collector's figure has every object with a finalizer in it twice: once because it is
# reached, once because what it refers to is looked for (an open connection has one, and 200 bytes).
CONNECTIONS = 64 * KIB

# A goroutine has a g, defers, and what it waits with, which belong to it, beside what its program
# gave it. (A g is 512 bytes at most, a sudog 112; ten deferred calls and closures are 1.5 KiB; in one
# of a few runs the runtime's list of sudogs grows just then.)
GOROUTINE_EXTRA = 8 * KIB

# While a structure is built, the runtime may put one of its own small things aside: so much of what
# was measured as a whole may be no part of it. What objects of a type cost is exact.
MEASURED = 256

PIECES = ("groups", "table", "directory", "buckets", "overflow")


def number(text):
    return int(text, 16) if isinstance(text, str) else int(text)


def parity(answer, live, share=PARITY_SHARE, least=PARITY_BYTES):
    """Reachable bytes, against what the collector found alive."""
    reachable = answer["heap"]["reachable_bytes"]
    if abs(reachable - live) > max(share * live, least):
        yield "parity", (f"{reachable} bytes reachable, {live} alive: "
                         f"{reachable - live:+} ({100.0 * (reachable - live) / live:+.3f} %)")


def consistent(answer):
    """Sums that must fit whatever the program is."""
    heap = answer["heap"]
    for what in ("objects", "bytes"):
        if heap["reachable_" + what] + heap["garbage_" + what] != heap[what]:
            yield "sum", (f"{what}: {heap['reachable_' + what]} reachable and "
                          f"{heap['garbage_' + what]} garbage, but {heap[what]} in all")
    if heap["typed_bytes"] > heap["reachable_bytes"]:
        yield "sum", f"{heap['typed_bytes']} bytes typed of {heap['reachable_bytes']}"
    if "types" not in answer:
        return
    rows = answer["types"]
    for what in ("count", "bytes"):
        total = sum(row[what] for row in rows)
        name = "reachable_" + ("objects" if what == "count" else "bytes")
        if total != heap[name]:
            yield "sum", f"{what} of all types: {total}, but {heap[name]} reachable"
    typed = sum(row["bytes"] for row in rows if row["type"] is not None)
    if typed != heap["typed_bytes"]:
        yield "sum", f"bytes of rows with a type: {typed}, but {heap['typed_bytes']} typed"
    for row in rows:
        if not row["bytes"] <= row["retained"] <= heap["reachable_bytes"]:
            yield "sum", f"{row['type']}: {row['bytes']} bytes, {row['retained']} retained"


def by_type(answer):
    """Rows by type, and complaints of those that are there twice."""
    rows, twice = {}, []
    for row in answer["types"]:
        if row["type"] is None:
            continue
        if row["type"] in rows:
            twice.append(("twice", row["type"]))
        rows[row["type"]] = row
    return rows, twice


def claims(structure, rows):
    for claim in structure["types"]:
        row = rows.get(claim["type"])
        title = f"{structure['name']}: {claim['type']}"
        if claim["count"] == 0:
            if row:
                yield "extra", f"{title}: {row['count']}, but all are gone"
            continue
        if not row:
            yield "missing", f"{title}: none of {claim['count']}"
            continue
        for what in ("count", "bytes"):
            if row[what] != claim[what]:
                yield what, f"{title}: {row[what]}, not {claim[what]}"
        retained = claim.get("retained")
        # What was measured as a whole may be off by what the runtime put aside.
        exact = retained != structure["retained"]
        if retained and abs(row["retained"] - retained) > (0 if exact else MEASURED):
            yield "retained", f"{title}: {row['retained']}, not {retained}"


def families(structure, rows):
    """Maps: headers one by one, their pieces by their bytes."""
    for family in structure["families"]:
        title = f"{structure['name']}: {family['type']}"
        header = rows.get(family["type"])
        if not header or header["count"] != family["count"]:
            yield "count", f"{title}: {header and header['count']}, not {family['count']}"
            continue
        names = {family["type"], family["plain"]}
        pieces = {word: rows[f"{name} {word}"] for name in names for word in PIECES
                  if f"{name} {word}" in rows}
        held = sum(row["bytes"] for row in pieces.values())
        told = ", ".join(f"{row['count']} {word} {row['bytes']}" for word, row in pieces.items())
        if abs(header["bytes"] + held - family["bytes"]) > MEASURED:
            yield "bytes", (f"{title}: {header['bytes']} and pieces ({told}), "
                            f"not {family['bytes']} in all")
        if held < family["pieces"]:
            yield "bytes", f"{title}: pieces of {held} bytes ({told}), for {family['pieces']}"
        count = sum(row["count"] for row in pieces.values())
        if family["small"] and count != family["count"]:
            yield "count", f"{title}: {count} pieces ({told}), not {family['count']}"


def judge_types(truth, answer):
    """`heap --by type`."""
    rows, complaints = by_type(answer)
    yield from complaints
    for structure in truth["structures"]:
        yield from claims(structure, rows)
        yield from families(structure, rows)


def judge_stripped(truth, answer, share=0.85):
    """The same without symbols: much has no type, but none has a wrong one."""
    rows, complaints = by_type(answer)
    yield from complaints
    heap = answer["heap"]
    if heap["typed_bytes"] < share * heap["reachable_bytes"]:
        yield "typed", (f"{100.0 * heap['typed_bytes'] / heap['reachable_bytes']:.2f} % of the "
                        f"reachable bytes")
    for structure in truth["structures"]:
        for claim in structure["types"]:
            row = rows.get(claim["type"])
            for what in ("count", "bytes"):
                if row and row[what] > claim[what]:
                    yield what, f"{structure['name']}: {claim['type']}: {row[what]} of {claim[what]}"


# What is allocated for the program's answers, behind what they tell; it may need spans of its own.
ANSWERS = 8 * KIB
ANSWERS_SPANS = 4 * ANSWERS


def judge_spans(counted, answer):
    """`heap --by span`, against what the runtime counts by size: (size, objects)."""
    rows = answer["spans"]
    total = sum(row["bytes"] for row in rows)
    if not 0 <= total - counted["heap_in_use"] <= ANSWERS_SPANS:
        yield "spans", f"{total} bytes in spans, {counted['heap_in_use']} in use"
    for size, count in counted["classes"]:
        used = sum(row["used"] for row in rows if row["size_class"] == size)
        if abs(used - count * size) > ANSWERS:
            yield "spans", f"size {size}: {used} bytes used, {count} objects"
    for row in rows:
        if not row["reachable"] <= row["used"] <= row["bytes"]:
            yield "spans", f"size {row['size_class']}: {row}"
    for what, name in (("used", "bytes"), ("reachable", "reachable_bytes")):
        total = sum(row[what] for row in rows)
        if total != answer["heap"][name]:
            yield "spans", f"{what} in all spans: {total}, not {answer['heap'][name]}"


def judge_packages(answer):
    """`heap --by package`: every object belongs to one."""
    for what, name in (("count", "reachable_objects"), ("bytes", "reachable_bytes")):
        total = sum(row[what] for row in answer["packages"])
        if total != answer["heap"][name]:
            yield "packages", f"{what} of all packages: {total}, not {answer['heap'][name]}"
    names = [row["package"] for row in answer["packages"]]
    if len(set(names)) != len(names):
        yield "packages", "one is told twice"


def holder_of(structure, holders):
    for holder in holders:
        if structure["kind"] == "goroutine":
            if holder["kind"] == "goroutine" and holder["goroutine"] == structure["goroutine"]:
                return holder
        elif (holder["kind"], holder["name"]) == (structure["kind"], structure["root"]):
            return holder
    return None


def holds(structure, holder):
    """What the holder should hold: at least, at most."""
    if structure["kind"] == "goroutine":
        least = sum(claim["bytes"] for claim in structure["types"])
        return least, least + GOROUTINE_EXTRA
    return structure["retained"] - MEASURED, structure["retained"] + MEASURED


def judge_holders(truth, answer):
    """`heap --by holder`."""
    holders = answer["holders"]
    for structure in truth["structures"]:
        if not structure["kind"] or not (structure["exact"] or structure["kind"] == "goroutine"):
            continue
        holder = holder_of(structure, holders)
        title = f"{structure['name']}: {structure['root'] or structure.get('goroutine')}"
        least, most = holds(structure, holder)
        if not holder:
            # A goroutine that holds nothing need not be told.
            if least > 0:
                yield "missing", f"{title} holds {structure['retained']} bytes"
            continue
        if not least <= holder["bytes"] <= most:
            yield "retained", f"{title} holds {holder['bytes']}, not {least} to {most}"


def same_type(told, known):
    """A step's type may be that of the pointer."""
    return told is not None and told.removeprefix("*") in (known, "[]" + known)


def fields_of(steps):
    return [step["field"] or "" for step in steps]


def judge_path(structure, expected, answer, named=True):
    """The only way there is: the same objects, from the same root, by the same words."""
    title = f"{structure['name']}: way to {expected[-1]['address']}"
    paths = answer["paths"]
    if not paths:
        yield "missing", f"{title}: none"
        return
    for path in paths:
        root = path["root"]
        if named and (root["kind"], root["name"]) != (structure["kind"], structure["root"]):
            yield "root", f"{title}: from {root['kind']} {root['name']}, not {structure['root']}"
            continue
        told = [number(step["address"]) for step in path["steps"]]
        known = [number(step["address"]) for step in expected]
        if told != known:
            yield "way", f"{title}: {list(map(hex, told))}, not {list(map(hex, known))}"
            continue
        words, right = fields_of(path["steps"]), fields_of(expected)
        if named and words != right:
            yield "field", f"{title}: {words}, not {right}"


def judge_roots(structure, address, kinds, answer):
    """One path from each kind of root that there is."""
    told = sorted(path["root"]["kind"] for path in answer["paths"])
    if told != sorted(kinds):
        yield "root", f"{structure['name']}: to {address} from {told}, not from {sorted(kinds)}"
