# SPDX-License-Identifier: Apache-2.0
"""What a look at a heap costs: heaps of one extreme shape each, of several sizes, and the second
question about one that was kept."""

import measure
import targets
from measure import median
from table import Row, short

MEGA = 1000000

# By shape: how many of what the program makes at full size, and the limits, in ms: types and what
# can be reached, and dominators besides. None: there is none.
SHAPES = {
    "list": (12 * MEGA, 1300, 2500, "a list of 10 million, a map of 300,000"),
    "shuffled": (12 * MEGA, 5000, 7000, "the same list, linked in random order"),
    "random": (12 * MEGA, None, 12000, "two pointers each, to anywhere"),
    "server": (12 * MEGA, None, None, "small trees under maps and slices"),
    "wide": (20 * MEGA, None, None, "10 million pointers in one slice"),
    "dense": (12 * MEGA, None, None, "a map of maps"),
    "shared": (12 * MEGA, None, None, "two lists of 4 million that share their elements"),
    "goroutines": (MEGA, None, None, "a million goroutines"),
}
# Of 12 million objects with one pointer or two each: MB.
LIST_MEMORY = {"types": 300, "dominators": 600}
BYTES_AN_OBJECT = 64  # with two pointers each
SECOND = 300  # ms
GROWTH = "server"  # cost by size is measured with this shape
# Bytes of the program and of dowse together, for each object: no more are made than there is
# memory for.
SPENT = 300
# A hundred million: what the program makes for them (of a random graph a fifth falls to the
# collector), bytes of the program and of dowse together for each, and the limit in ms.
HUNDRED = 100 * MEGA
HUNDRED_SHAPES = {
    "server": (114500000, 120, 60000),
    "random": (125500000, 80, 150000),
}
HUNDRED_MEMORY = 6400  # MB


class Looks:
    """Several runs of one question."""

    def __init__(self, setting, words, times):
        self.wall, self.cpu, self.user, self.peak, self.pause, self.fork = ([] for _ in range(6))
        setting.run("heap", *words, timeout=setting.sizes.patience)  # the first is not counted
        for _ in range(times):
            run, said = setting.json("heap", *words, timeout=setting.sizes.patience)
            self.objects = said["heap"]["objects"]
            self.wall.append(run.wall * 1000)
            self.cpu.append(run.cpu * 1000)
            self.user.append(run.user * 1000)
            self.peak.append(run.peak / 1e6)
            self.pause.append(said["pause_ms"] or 0)
            self.fork.append(said["fork_ms"] or 0)

    def each(self):
        """Bytes of memory an object."""
        return [peak * 1e6 / self.objects for peak in self.peak]


def affordable(wanted, spent=SPENT):
    left = measure.available() - targets.SPARE
    return max(min(wanted, left // spent), 1000)


def shape(setting, table, name):
    full, types_limit, dominators_limit, words = SHAPES[name]
    whole = setting.sizes.heap == SHAPES["list"][0]
    count = affordable(full * setting.sizes.heap // SHAPES["list"][0])
    times = setting.sizes.times_heap
    with targets.start_shape(name, count) as target:
        types = Looks(setting, (str(target.pid), "--by", "package"), times)
        dominators = Looks(setting, (str(target.pid),), times)
        title = f"dowse heap, {name}: {words}" + ("" if whole else f" (here {count:,} objects)")
        table.section(title)
        table.add(
            Row("types and reachability", types.wall, limit=types_limit, cpu=types.cpu,
                beside=f"{types.objects:,} objects"),
            Row("memory at most", types.peak, "MB",
                limit=LIST_MEMORY["types"] if name == "list" else None,
                beside=f"{short(median(types.each()))} bytes an object"),
            Row("with dominators", dominators.wall, limit=dominators_limit, cpu=dominators.cpu),
            Row("memory at most", dominators.peak, "MB",
                limit=LIST_MEMORY["dominators"] if name == "list" else None,
                beside=f"{short(median(dominators.each()))} bytes an object"),
            Row("stopped, as dowse says", dominators.pause),
            Row("the fork lives for", dominators.fork))
        if name == "random":
            table.add(Row("memory an object", dominators.each(), "bytes",
                          limit=BYTES_AN_OBJECT if whole else None))
        if name == "list":
            second(setting, table, target)


def asked(setting, limit, title, *words):
    """A row: how long the answer to one question takes; the first run is not counted."""
    runs = [setting.run(*words, timeout=setting.sizes.patience)
            for _ in range(setting.sizes.times_large + 1)][1:]
    return Row(title, [run.wall * 1000 for run in runs], limit=limit,
               cpu=[run.cpu * 1000 for run in runs])


def second(setting, table, target):
    """The same asked of a snapshot: the first time, and once there is an index."""
    file = setting.folder / "heap.dowse"
    index = setting.folder / "heap.dowse.index"
    first = []
    setting.run("snapshot", str(target.pid), "-o", str(file))
    for _ in range(setting.sizes.times_heap):
        index.unlink(missing_ok=True)
        first.append(setting.run("heap", str(file), timeout=setting.sizes.patience))
    again = Looks(setting, (str(file),), setting.sizes.times_large)
    holders = Looks(setting, (str(file), "--by", "holder"), setting.sizes.times_large)
    table.section("dowse heap SNAPSHOT of that list")
    table.add(
        Row("the first time, and until the index is written", [run.wall * 1000 for run in first],
            cpu=[run.cpu * 1000 for run in first],
            beside=f"{index.stat().st_size / again.objects:.1f} bytes an object"),
        Row("the second question", again.wall, limit=SECOND, cpu=again.cpu),
        Row("the third, by holder", holders.wall, limit=SECOND, cpu=holders.cpu))
    _, said = setting.json("objects", str(file), "--type", "main.node", "--limit", "1")
    first = said["objects"][0]["address"]
    _, said = setting.json("objects", str(file), "--type", "main.node", "--sort", "address",
                           "--limit", "1000")
    last = said["objects"][-1]["address"]
    table.add(
        asked(setting, SECOND, "why that type", "why", str(file), "main.node"),
        asked(setting, SECOND, "why the one that holds most", "why", str(file), first),
        asked(setting, SECOND, "why one at the end of the list", "why", str(file), last),
        asked(setting, SECOND, "objects: those that retain most", "objects", str(file),
              "--type", "main.node"),
        asked(setting, SECOND, "show one", "show", str(file), last))
    file.unlink()
    index.unlink()


def growth(setting, table, sizes, spent, *words):
    """
    What an object costs must not depend on how many there are. The time in the kernel stands beside
    it: what a fresh page costs is up to the machine, and to its host if it has one.
    """
    rows = []
    for wanted in sizes:
        count = affordable(wanted, spent)
        if rows and count < wanted:
            continue
        # What takes half a minute is not asked again and again.
        times = setting.sizes.times_growth if wanted < HUNDRED // 2 else 1
        with targets.start_shape(GROWTH, count) as target:
            looks = Looks(setting, (str(target.pid), *words), times)
        own = [user * 1e6 / looks.objects for user in looks.user]
        kernel = (median(looks.cpu) - median(looks.user)) * 1e6 / looks.objects
        rows.append((looks, own, kernel))
    least = min(median(own) for _, own, _ in rows)
    table.section(f"dowse heap, {GROWTH}: dowse's own time an object, by how many there are")
    for looks, own, kernel in rows:
        bar = "#" * round(20 * median(own) / least)
        table.add(Row(f"{looks.objects:,} objects", own, "ns", cpu=looks.cpu,
                      beside=f"{bar} and {kernel:.0f} ns in the kernel, "
                             f"{short(median(looks.each()))} bytes"))


def flat(setting, table):
    """The same up to a hundred million objects, which takes minutes and 11 GB."""
    full, spent, _ = HUNDRED_SHAPES[GROWTH]
    largest = full * setting.sizes.hundred // HUNDRED
    growth(setting, table, (*setting.sizes.heap_sizes, largest), spent, "--max-memory=12G")


def heap(setting, table):
    for name in SHAPES:
        shape(setting, table, name)
    growth(setting, table, setting.sizes.heap_sizes, SPENT)


def hundred(setting, table):
    """A hundred million objects, each once: types, what can be reached, and dominators."""
    for name, (full, spent, limit) in HUNDRED_SHAPES.items():
        whole = setting.sizes.hundred == HUNDRED
        wanted = full * setting.sizes.hundred // HUNDRED
        count = min(wanted, (measure.available() - targets.SPARE) // spent)
        title = f"dowse heap, {name}: a hundred million objects"
        with targets.start_shape(name, count) as target:
            run, said = setting.json("heap", str(target.pid), "--max-memory=12G", timeout=600)
        objects = said["heap"]["objects"]
        table.section(title + ("" if count == full else f" (here {objects:,})"))
        bound = whole and count == wanted
        table.add(
            Row("with dominators", [run.wall * 1000], limit=limit if bound else None,
                cpu=[run.cpu * 1000], beside=f"{objects:,} objects"),
            Row("memory at most", [run.peak / 1e6], "MB",
                limit=HUNDRED_MEMORY if bound else None,
                beside=f"{short(run.peak / objects)} bytes an object"),
            Row("the fork lives for", [said["fork_ms"]]))
