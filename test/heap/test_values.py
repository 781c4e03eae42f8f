# SPDX-License-Identifier: Apache-2.0
"""`dowse heap --by value FIELD` against what the program says that it has."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

WAYS = (("1.19", "stripped"), ("1.23", "plain"), ("1.26", "plain"), ("1.27", "pie-stripped"))
FIELDS = {"tenant": "tenant", "shard": "inner.shard", "vip": "vip"}


def written(value):
    return json.dumps(value) if isinstance(value, bool) else str(value)


def refused(*words):
    return subprocess.run([os.environ["DOWSE"], "heap", *map(str, words)], capture_output=True,
                          timeout=30, check=False)


class Values(unittest.TestCase):
    def judge(self, truth, target):
        for name, field in FIELDS.items():
            answer = looking.heap(target, "--by", "value", f"main.Session.{field}", "--data")
            self.assertEqual((answer["type"], answer["field"]), ("main.Session", field))
            self.assertEqual(answer["unreadable"], 0)
            rows = {written(row["value"]): row for row in answer["values"]}
            self.assertEqual({value: row["count"] for value, row in rows.items()},
                             {value: sum_["Count"] for value, sum_ in truth[name].items()})
            # A session holds itself and its buffer, and nothing else.
            for value, row in rows.items():
                self.assertEqual(row["retained"], row["bytes"] + truth[name][value]["Bytes"])
            retained = [row["retained"] for row in answer["values"]]
            self.assertEqual(retained, sorted(retained, reverse=True))

    def test_groups(self):
        for release, variant in WAYS:
            with self.subTest(release=release, variant=variant), \
                    program.Controlled(build.build(release, variant, "larder")) as subject:
                subject.ask("grow 5000")
                self.judge(json.loads(subject.ask("truth")), subject.pid)

    def test_snapshot(self):
        with tempfile.TemporaryDirectory() as folder, \
                program.Controlled(build.build("1.26", "plain", "larder")) as subject:
            subject.ask("grow 600")
            truth = json.loads(subject.ask("truth"))
            path = os.path.join(folder, "it.dowse")
            looking.dowse("snapshot", subject.pid, "-o", path)
            shards = looking.heap(path, "--by", "value", "Session.inner.shard")
            self.assertEqual({str(row["value"]): row["count"] for row in shards["values"]},
                             {value: sum_["Count"] for value, sum_ in truth["shard"].items()})
            # The names of tenants are constants: in the executable, which a snapshot is without.
            full = os.path.join(folder, "full.dowse")
            looking.dowse("snapshot", subject.pid, "-o", full, "--with-data")
            for file in (path, full):
                answer = looking.heap(file, "--by", "value", "main.Session.tenant", "--data")
                self.assertEqual(sum(row["count"] for row in answer["values"]), 600)

    def test_refused(self):
        with program.Controlled(build.build("1.26", "plain", "larder")) as subject:
            subject.ask("grow 10")
            for words, message in (
                    (("main.Session.tenant",), "only with --data"),
                    (("main.Session.buf",), "is a slice"),
                    (("main.Session.inner",), "is a struct"),
                    (("main.Session.nothing",), "there is no field nothing"),
                    (("main.Nothing.x",), "is no field"),
                    ((), "needs a field")):
                answer = refused(subject.pid, "--by", "value", *words)
                self.assertEqual(answer.returncode, 2, answer)
                self.assertIn(message, answer.stderr.decode())
                self.assertEqual(answer.stderr.count(b"\n"), 1)
            text = looking.dowse("heap", subject.pid, "--by", "value", "main.Session.tenant",
                                 "--data").decode()
            self.assertIn("10 objects of main.Session, 3 values", text)
            self.assertIn('"gamma"', text)


if __name__ == "__main__":
    unittest.main()
