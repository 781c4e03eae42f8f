# SPDX-License-Identifier: Apache-2.0
"""The table of what was measured, and which limits were missed."""

import os
import platform
from dataclasses import dataclass, field

from measure import median

HEAD = ("what", "median", "min", "max", "n", "cpu", "limit", "", "beside")
LEFT = (0, 7, 8)


@dataclass
class Row:
    what: str
    values: list
    unit: str = "ms"
    limit: float = None
    cpu: list = field(default_factory=list)  # ms
    beside: str = ""

    @property
    def median(self):
        return median(self.values)

    @property
    def missed(self):
        return self.limit is not None and self.median > self.limit

    def cells(self):
        verdict = "" if self.limit is None else "MISSED" if self.missed else "ok"
        return (self.what, f"{short(self.median)} {self.unit}", short(min(self.values)),
                short(max(self.values)), str(len(self.values)),
                f"{short(median(self.cpu))} ms" if self.cpu else "",
                "" if self.limit is None else f"{short(self.limit)} {self.unit}", verdict,
                self.beside)


@dataclass
class Absent:
    """A row that could not be measured, and why."""
    what: str
    why: str
    failure: bool = True  # False: other tools, which are not dowse's fault

    def cells(self):
        return (self.what, "-", "", "", "0", "", "", "", "not measured: " + self.why)


def short(value):
    """Three digits that matter, and no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratio(value, peer, name):
    return f"{short(value / peer)} x {name}" if peer > 0 else ""


class Table:
    def __init__(self):
        self.sections = []  # (title, rows)

    def section(self, title):
        self.sections.append((title, []))

    def add(self, *rows):
        self.sections[-1][1].extend(rows)

    @property
    def rows(self):
        return [row for _, rows in self.sections for row in rows]

    def text(self):
        lines = [HEAD] + [row.cells() for row in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        widths[0] += 2
        text = [align(HEAD, widths)]
        for title, rows in self.sections:
            text += ["", title]
            text += [align(("  " + cells[0], *cells[1:]), widths)
                     for cells in (row.cells() for row in rows)]
        return "\n".join(text)

    def failures(self):
        """A line for each row that is not as it must be."""
        lines = []
        for title, rows in self.sections:
            for row in rows:
                if isinstance(row, Row) and row.missed:
                    lines.append(f"missed: {title}: {row.what}: {short(row.median)} {row.unit}, "
                                 f"limit {short(row.limit)}")
                elif isinstance(row, Absent) and row.failure:
                    lines.append(f"not measured: {title}: {row.what}: {row.why}")
        return lines

    def plain(self):
        """For programs: the figures as they are."""
        return [{"section": title, "what": row.what, "unit": row.unit, "values": row.values,
                 "cpu_ms": row.cpu, "limit": row.limit, "missed": row.missed,
                 "beside": row.beside} if isinstance(row, Row) else
                {"section": title, "what": row.what, "why": row.why, "failure": row.failure}
                for title, rows in self.sections for row in rows]


def align(cells, widths):
    return "  ".join(cell.ljust(width) if i in LEFT else cell.rjust(width)
                     for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()


def huge_pages():
    try:
        with open("/sys/kernel/mm/transparent_hugepage/enabled", encoding="ascii") as file:
            return file.read().split("[")[1].split("]")[0]
    except (OSError, IndexError):
        return "none"


def load():
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def header(version, go, nice):
    """On what it was measured, and how much else ran there."""
    lines = [f"{version}; {go}; Linux {platform.release()}, {os.cpu_count()} processors, huge pages: "
             f"{huge_pages()}", f"load average {load()}, nice level {nice}"]
    if os.getloadavg()[0] > os.cpu_count() / 2:
        lines.append("this machine is busy: times are longer than dowse needs; min and cpu say more")
    return "\n".join(lines)
