"""What docs/kubernetes.md promises, in a pod made by hand: dowse beside a service, with what each
profile of `kubectl debug` allows it. What takes a cluster (images, admission, gVisor's kernel) is
not tried.
"""

import json
import os
import subprocess
import tempfile
import time
import unittest

from pod import DEFAULT, ENTER, EVERYTHING, GENERAL, PROGRAM, Pod, as_root


class Containers(Pod):
    def test_the_service_is_alone(self):
        """Or the tests below show nothing."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            lines = dict(line.split(":\t", 1) for line in status.read().splitlines())
        self.assertEqual(lines["Uid"].split(), ["1000"] * 4)
        self.assertEqual(int(lines["CapPrm"], 16), 0)
        self.assertEqual(lines["NoNewPrivs"], "1")
        self.assertEqual(sorted(os.listdir(f"/proc/{self.pid}/root")), ["proc", "usr"])
        with self.assertRaises(OSError):
            open(f"/proc/{self.pid}/root/x", "w", encoding="ascii").close()

    def test_general(self):
        """Root with SYS_PTRACE and no more than containers have."""
        self.check_goroutines(
            self.beside("0:0", GENERAL, "goroutines", "1", "--all", "--format", "json")
        )
        self.check_unharmed()

    def test_sysadmin(self):
        self.check_goroutines(
            self.beside("0:0", EVERYTHING, "goroutines", "1", "--all", "--format", "json")
        )

    def test_the_same_user(self):
        """What --custom with runAsUser makes, under the restricted profile: no capability."""
        self.check_goroutines(
            self.beside("1000:1000", DEFAULT, "goroutines", "1", "--all", "--format", "json")
        )
        self.check_unharmed()

    def test_diagnosis_of_the_same_user(self):
        result = self.beside("1000:1000", DEFAULT, "1", "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (3, b""))
        rules = {finding["code"] for finding in json.loads(result.stdout)["findings"]}
        self.assertLessEqual({"L6", "L7"}, rules)
        self.check_unharmed()

    def test_another_user_is_told(self):
        """Root without SYS_PTRACE, as the baseline profile has it, and a stranger without anything."""
        for user in "0:0", "1001:1001":
            result = self.beside(user, DEFAULT, "goroutines", "1")
            self.assertEqual((result.returncode, result.stdout), (1, b""))
            lines = result.stderr.decode().splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], "^dowse: .*pid 1.*(SYS_PTRACE|user)")
            doctor = self.beside(user, DEFAULT, "doctor", "1", "--format", "json")
            self.assertEqual((doctor.returncode, doctor.stderr), (0, b""))

    def test_from_the_node(self):
        """A pod with hostPID: the node's own PIDs, the service in namespaces below."""
        with tempfile.TemporaryDirectory(dir=self.folder) as root:
            mount = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]
            result = subprocess.run(
                as_root([*mount, root, self.dowse, "0:0", EVERYTHING, PROGRAM,
                         "goroutines", str(self.pid), "--all", "--format", "json"]),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=60, check=False,
            )  # fmt: skip
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(json.loads(result.stdout)["target"]["pid"], self.pid)
        self.check_unharmed()

    def test_snapshot_leaves_by_standard_output(self):
        """Without tar, without a folder that could be written to."""
        result = self.beside("1000:1000", DEFAULT, "snapshot", "1", "-o", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_unharmed()
        path = os.path.join(self.folder, "shop.dowse")
        with open(path, "wb") as snapshot:
            snapshot.write(result.stdout)
        opened = subprocess.run(
            [self.dowse, "goroutines", path, "--all", "--format", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
        self.check_goroutines(opened)

    def test_hold_as_the_first_process(self):
        """It reaps orphans, and SIGTERM ends it, which the first process must ask for."""
        holder = self.start(self.dowse, "1000:1000", DEFAULT, [PROGRAM, "hold"])
        self.assertIn("held open", holder.stdout.readline())
        pid = self.first_process(holder.pid)
        # An orphan: its parent ends first, and the first process inherits it.
        subprocess.run(
            as_root(["nsenter", "--target", str(pid), "--pid", "sh", "-c", "(sleep 0.3 &) ; exit 0"]),
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                left = children.read()
            if not left:
                break
            time.sleep(0.05)
        self.assertEqual(left, "")
        subprocess.run(as_root(["kill", "-TERM", str(pid)]), check=True)
        self.assertEqual(holder.wait(10), 0)

    def test_hold_for_a_while(self):
        before = time.monotonic()
        result = self.beside("1000:1000", DEFAULT, "hold", "1s")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertGreaterEqual(time.monotonic() - before, 1)
        wrong = self.beside("1000:1000", DEFAULT, "hold", "long")
        self.assertEqual((wrong.returncode, wrong.stdout), (2, b""))


if __name__ == "__main__":
    unittest.main()
