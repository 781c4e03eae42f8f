# SPDX-License-Identifier: Apache-2.0
"""What dowse says of a program of the corpus, against what the program says of itself."""

import programs

LEVELS = ["suspect", "likely", "proved"]
BYTES_OFF = 0.05

# What was in a buffer once tells spare room from room asked for in advance. A snapshot has no bytes of
# objects without pointers: then it is a suspicion.
BY_BYTES = {"L23"}

# The highest certainty that a row may claim, from a process, a core or a snapshot.
AT_MOST = {row: "likely" for row in (
    "L8 L9 L17 L26 L27 L29 L11 L19 L20 L21 L22 L23 L24 L25 L28 L30 L32 L33 L34 L37 L38 L40"
).split()}


def level(word):
    return LEVELS.index(word)


def brief(finding):
    place = finding.get("function") or "?"
    if finding.get("line"):
        place += f" main.go:{finding['line']}"
    return (f"{finding['code']} {finding['certainty']} count {finding['count']} "
            f"bytes {finding['bytes']} at {place} {finding.get('subject') or ''}".strip())


def codes_of(finding):
    return [finding["code"], *finding.get("also", [])]


def judge_place(expectation, finding, told):
    function, file, line = (finding.get(key) for key in ("function", "file", "line"))
    for place in expectation.places + expectation.holders:
        if place.matches(function, file, line):
            return
    # The code that may have allocated it is a guess: within the function is near enough.
    if (finding.get("place_is") or "").startswith("may be") and any(
            place.is_function(function) for place in expectation.places):
        return
    if expectation.holder and not line and "profiled" not in told:
        return  # neither sampled, nor with a declaration whose line is known: it has its holder
    lines = ", ".join(f"{p.function}:{p.line}" for p in expectation.places + expectation.holders)
    yield f"place {function} {file}:{line} ({finding.get('place_is')}), not {lines}"


def judge_finding(expectation, finding, told, looks, named, with_bytes):
    """Complaints about one finding that is the expected one."""
    code = next(c for c in codes_of(finding) if c in expectation.codes)
    highest = min(AT_MOST.get(code, "proved"), expectation.at_most, key=level)
    lowest = expectation.certainty
    if code in programs.TWO_LOOKS and looks < 2:
        highest = lowest = "suspect"
    # Of one cause with two rules the certainty is that of the first one, by its own evidence.
    if code != finding["code"]:
        highest = min(AT_MOST.get(finding["code"], "proved"), expectation.at_most, key=level)
    if code in BY_BYTES and not with_bytes:
        lowest = "suspect"
    if code == finding["code"] or code != "L18":
        if level(finding["certainty"]) < level(lowest):
            yield f"certainty {finding['certainty']}, at least {lowest}"
        if level(finding["certainty"]) > level(highest):
            yield f"certainty {finding['certainty']}, at most {highest}"
    if expectation.count:
        least = expectation.count.endswith("+")
        counts = [programs.number_of(text, told) for text in expectation.count.rstrip("+").split("|")]
        if finding["count"] < counts[0] if least else finding["count"] not in counts:
            yield f"count {finding['count']}, not {expectation.count}"
    if expectation.bytes:
        least = expectation.bytes.endswith("+")
        right = programs.number_of(expectation.bytes.rstrip("+"), told)
        have = finding["bytes"]
        if have is None or have < right * (1 - BYTES_OFF) or \
                not least and have > right * (1 + BYTES_OFF):
            yield f"bytes {have}, not {right}"
    if not expectation.anywhere:
        yield from judge_place(expectation, finding, told)
    if expectation.holder and named:
        path = " ".join([finding.get("subject") or "", *finding.get("path", [])])
        if expectation.holder not in path:
            yield f"holder {path.strip() or None}, not {expectation.holder}"
    if not expectation.accused and finding.get("path"):
        yield f"accused: {' '.join(finding['path'])}"
    if not finding.get("why"):
        yield "no why"
    if not (finding.get("fix") or {}).get("text"):
        yield "no fix"


def judge_leaky(program, answer, told, looks=1, named=True, with_bytes=True):
    """(what is missing or wrong in the findings of the row, what else is wrong)."""
    wrong, other, taken = [], [], set()
    findings = answer["findings"]
    for expectation in program.expectations:
        candidates = [i for i, f in enumerate(findings) if i not in taken
                      and set(codes_of(f)) & set(expectation.codes)]
        judged = [(list(judge_finding(expectation, findings[i], told, looks, named,
                                      with_bytes)), i)
                  for i in candidates]
        if not judged:
            wrong.append(f"{'|'.join(expectation.codes)}: silent")
            continue
        complaints, best = min(judged, key=lambda pair: (len(pair[0]), pair[1]))
        taken.add(best)
        wrong += [f"{findings[best]['code']}: {text}" for text in complaints]
    allowed = set(program.also)
    for i, finding in enumerate(findings):
        if i not in taken and finding["code"] not in allowed and \
                (level(finding["certainty"]) >= level("likely")
                 or program.row in codes_of(finding)):
            other.append(f"also said: {brief(finding)}")
    return wrong, other


def judge_silent(program, answer):
    """Complaints about a fixed twin or a trap."""
    complaints = []
    for finding in answer["findings"]:
        loud = level(finding["certainty"]) >= level("likely")
        own = program.row in codes_of(finding)
        if loud or own and program.directives.get("hints") != program.row:
            complaints.append(f"said: {brief(finding)}")
    return complaints
