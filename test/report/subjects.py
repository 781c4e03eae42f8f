# SPDX-License-Identifier: Apache-2.0
"""What the faces are asked about: programs of the corpus and the shop of the demo; and schemas."""

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "corpus"))
# Where Debian puts what it packages, should another Python be first.
sys.path.append("/usr/lib/python3/dist-packages")

import asking  # noqa: E402
import programs  # noqa: E402
from programs import build  # noqa: E402
import program as processes  # noqa: E402

RELEASE = "1.26"
# A module whose own tests come with the published schema of SARIF, and what it must be.
SARIF_MODULE = "github.com/securego/gosec/v2@v2.30.0"
SARIF_SUM = "h1:67aF6LHa7SAL6QEc4es857GrXTT50gUqmrl0XPhtDx0="
SARIF_FILE = "report/sarif/testdata/sarif-schema-2.1.0.json"


def dowse(*words, status=(0, 3), timeout=120, **options):
    """Standard output, as text; anything but these statuses is a failure."""
    command = [os.environ.get("DOWSE", "build/dowse"), *map(str, words)]
    environment = {**os.environ, **options.pop("environment", {})}
    for _ in range(5):
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=timeout, check=False,
                                env=environment, **options)
        # A loaded machine may have to be asked again.
        if b"did not stop within" not in answer.stderr:
            break
        time.sleep(1)
    if answer.returncode not in (status if isinstance(status, tuple) else (status,)):
        raise AssertionError(f"{command}: status {answer.returncode}: {answer.stderr!r}")
    return answer.stdout.decode("utf-8")


def dowse_json(*words, **options):
    return json.loads(dowse(*words, "--format", "json", **options))


@functools.lru_cache(None)
def schema():
    return json.loads((ROOT / "docs" / "findings.schema.json").read_text())


def closed(node):
    """The same schema where no object may have a member that it does not name."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node:
        node["additionalProperties"] = False
    return node


@functools.lru_cache(None)
def sarif_schema():
    """The published one, which is fetched once, like toolchains are."""
    kept = build.cache() / "sarif-schema-2.1.0.json"
    if not kept.exists():
        answer = subprocess.run(["go", "mod", "download", "-json", SARIF_MODULE], cwd=build.cache(),
                                env=build.go_environment(RELEASE), stdout=subprocess.PIPE,
                                timeout=300, check=True)
        module = json.loads(answer.stdout)
        if module["Sum"] != SARIF_SUM:
            raise AssertionError(f"{SARIF_MODULE} is another one: {module['Sum']}")
        fresh = kept.with_suffix(".new")
        shutil.copyfile(Path(module["Dir"]) / SARIF_FILE, fresh)
        fresh.rename(kept)
    return json.loads(kept.read_text())


class Shop(processes.Program):
    """The demo's program, open for visitors."""

    def __init__(self, command, *words, **options):
        super().__init__([str(command), *words], **options)
        while self.read_line() != "open":
            pass


def build_go(source, output, *flags):
    """Build the module in a folder."""
    build.run(["nice", "go", "build", "-p=2", *flags, "-o", str(output), "."],
              build.go_environment(RELEASE), source, 600)
    return output


def build_shop(output=None, source=ROOT / "examples" / "leaky", *flags):
    return build_go(source, output or build.cache() / "shop", *flags)


@functools.lru_cache(None)
def corpus(*names):
    """Programs of the corpus by name, built; the folder with them, and they."""
    chosen = {one.name: one for one in programs.all_programs() if one.name in names}
    if len(chosen) != len(names):
        raise AssertionError(f"no such program among {names}")
    return programs.build_all(list(chosen.values()), RELEASE, "plain"), chosen


def start(name, *beside):
    """A program of the corpus, ready; `beside`: others that are built in one go with it."""
    folder, chosen = corpus(*sorted({name, *beside}))
    return asking.Subject(chosen[name], [str(folder / chosen[name].flat)])
