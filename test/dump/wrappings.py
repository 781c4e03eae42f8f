# SPDX-License-Identifier: Apache-2.0
"""What the logs of others put around a text, as their tools write it."""

import gzip
import json
import random
import shutil
import subprocess

SECOND = 1_000_000_000


def clock(index, rng=None):
    """A time of day that moves on: (hours, minutes, seconds, nanoseconds)."""
    now = 3600 * SECOND + index * 137_000_123
    return now // (3600 * SECOND) % 24, now // (60 * SECOND) % 60, now // SECOND % 60, now % SECOND


def rfc3339(index):
    h, m, s, ns = clock(index)
    # As Go writes it, zeroes at the end are left out.
    fraction = f".{ns:09d}".rstrip("0").rstrip(".")
    return f"2026-11-{21 + index // 100000:02d}T{h:02d}:{m:02d}:{s:02d}{fraction or '.1'}Z"


def lines_of(text):
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def prefixed(make):
    def wrap(text):
        return "".join(make(i) + line + "\n" for i, line in enumerate(lines_of(text)))
    return wrap


def syslog(i):
    h, m, s, _ = clock(i)
    month, day = ("Nov", " 9") if i < 500 else ("Dec", "10")
    return f"{month} {day} {h:02d}:{m:02d}:{s:02d} web-1.example.org shop[4242]: "


def go_log(i):
    h, m, s, ns = clock(i)
    return f"2026/11/22 {h:02d}:{m:02d}:{s:02d}.{ns // 1000:06d} "


def cri(text):
    """A container's log as Kubernetes keeps it; lines of more than 16 KiB come in parts."""
    out = []
    for i, line in enumerate(lines_of(text)):
        while len(line) > 16384:
            out.append(f"{rfc3339(i)} stderr P {line[:16384]}\n")
            line = line[16384:]
        out.append(f"{rfc3339(i)} stderr F {line}\n")
    return "".join(out)


def docker(text):
    out = []
    for i, line in enumerate(lines_of(text)):
        parts = [line[at:at + 16384] for at in range(0, len(line), 16384)] or [""]
        for part in parts[:-1]:
            out.append(json.dumps({"log": part, "stream": "stderr", "time": rfc3339(i)},
                                  separators=(",", ":")))
        out.append(json.dumps({"log": parts[-1] + "\n", "stream": "stderr", "time": rfc3339(i)},
                              separators=(",", ":")))
    return "".join(line + "\n" for line in out)


def journal_json(text):
    return "".join(json.dumps({
        "__CURSOR": f"s=ab;i={i:x}", "_PID": "4242", "MESSAGE": line, "PRIORITY": "6",
        "__REALTIME_TIMESTAMP": str(17000000000000 + i)}) + "\n"
        for i, line in enumerate(lines_of(text)))


def zap(text):
    before = '{"level":"info","ts":1700000000.1,"caller":"a/b.go:1","msg":"serving"}\n'
    line = json.dumps({"level": "error", "ts": 1700000001.25, "msg": "recovered \"it\"",
                       "goroutine": 17, "stacktrace": text}, separators=(",", ":"))
    return before * 3 + line + "\n" + before * 2


def logfmt(text):
    quoted = json.dumps(text, ensure_ascii=False)
    return f'time=2026-11-22T00:12:14Z level=error msg="it died" stack={quoted} code=2\n' \
           'time=2026-11-22T00:12:15Z level=info msg=next\n'


def octal(text):
    return "Nov 22 00:12:14 host shop[7]: " + \
        text.rstrip("\n").replace("\n", "#012").replace("\t", "#011") + "\n"


def coloured(text):
    out = []
    for i, line in enumerate(lines_of(text)):
        out.append(f"\x1b[3{i % 7 + 1}mshop-1  |\x1b[0m \x1b[1m{line}\x1b[0m\n")
    return "".join(out)


def crlf(text):
    return text.replace("\n", "\r\n")


NOISE = [
    "2026/11/22 00:12:14 GET /cart 200 1.2ms",
    "time=now level=info msg=hello(world)",
    "calling f(1, 2)",
    "[GIN] 2026/11/22 - 00:12:14 | 200 |",
    "\tindented: 17 things",
    "gc 12 @3.4s 5%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu, 4->4->0 MB, 5 MB goal, 8 P",
    '{"level":"info"}',
]


def interleaved(text):
    """Others write whole lines in between, everywhere."""
    rng = random.Random(7)
    out = []
    for line in lines_of(text):
        if rng.random() < 0.15:
            out.append(rng.choice(NOISE))
        out.append(line)
    return "\n".join(out) + "\n"


def first_only(text):
    """log.Printf("%s", stack)"""
    return "2026/11/22 00:12:14 " + text.rstrip("\n") + "\n2026/11/22 00:12:15 next\n"


def in_a_log(text):
    line = "2026/11/22 00:12:14 a goroutine of ours says: goroutine 1 is fine\n"
    return line * 3000 + "\n" + text.rstrip("\n") + "\n\n" + line * 3000


WRAPPINGS = {
    "plain": lambda text: text,
    "crlf": crlf,
    "syslog": prefixed(syslog),
    "go log": prefixed(go_log),
    "rfc3339": prefixed(lambda i: rfc3339(i) + " "),
    "klog": prefixed(lambda i: "E1122 %02d:%02d:%02d.%06d       1 main.go:12] " % (
        *clock(i)[:3], clock(i)[3] // 1000)),
    "compose": prefixed(lambda i: "shop-web-1  | "),
    "kubectl": prefixed(lambda i: "[pod/shop-5d9c7b6f4-x2x9z/shop] "),
    "ci": prefixed(lambda i: f"2026-11-22T00:12:14.{i % 10000000:07d}Z "),
    "cri": cri,
    "docker": docker,
    "journal json": journal_json,
    "zap": zap,
    "logfmt": logfmt,
    "octal": octal,
    "docker of zap": lambda text: docker(zap(text)),
    "cri of zap": lambda text: cri(zap(text)),
    "cri of docker": lambda text: cri(docker(text)),
    "coloured": coloured,
    "interleaved": interleaved,
    "interleaved syslog": lambda text: prefixed(syslog)(interleaved(text)),
    "first only": first_only,
    "in a log": in_a_log,
}


def gz(data):
    return gzip.compress(data, 1)


def zst(data):
    tool = shutil.which("zstd")
    return subprocess.run([tool, "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True,
                          timeout=60).stdout
