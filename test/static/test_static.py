"""The static file is what goes into a container that has nothing: no library, no /tmp, no HOME, no
writable folder. It is built as `make static` builds it and run where only /proc is mounted.

Needs root, or a sudo that asks for no password: a chroot takes that.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import static_file
from static_file import as_root

SOURCE = os.environ["SOURCE_DIR"]
LIMIT = "12000000"

# A mount namespace of its own, so that nothing has to be undone: $1 becomes an empty file system
# with the program and /proc, then turns read-only.
ENTER = """
set -eu
root=$1 program=$2 PATH=$PATH:/usr/sbin:/sbin
shift 2
mount -t tmpfs -o mode=755 none "$root"
mkdir "$root/proc"
cp "$program" "$root/dowse"
mount --rbind /proc "$root/proc"
mount -o remount,ro "$root"
exec env -i "$(command -v chroot)" "$root" /dowse "$@"
"""


class StaticFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.program = os.path.join(cls.folder, "dowse")
        static_file.build(cls.program)
        shop = os.path.join(cls.folder, "shop")
        static_file.build_shop(shop)
        cls.shop = subprocess.Popen(
            [shop, "-for", "5m", "-customers", "50"], stdout=subprocess.PIPE, text=True
        )
        cls.addClassCleanup(cls.end_shop)
        assert cls.shop.stdout.readline() == "open\n"

    @classmethod
    def end_shop(cls):
        cls.shop.kill()
        cls.shop.wait()
        cls.shop.stdout.close()

    def run_inside(self, *arguments):
        with tempfile.TemporaryDirectory() as root:
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]
            return subprocess.run(
                as_root([*command, root, self.program, *arguments]),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, timeout=60, check=False,
            )  # fmt: skip

    def test_needs_no_library_and_is_small(self):
        check = os.path.join(SOURCE, "tools", "check-static")
        subprocess.run([check, self.program, LIMIT], check=True)

    def test_the_root_is_empty_and_cannot_be_written(self):
        """Or the tests below show nothing."""
        probe = ENTER.replace('exec env -i "$(command -v chroot)" "$root" /dowse "$@"', 'ls "$root"; touch "$root/x"')
        with tempfile.TemporaryDirectory() as root:
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", probe, "sh"]
            result = subprocess.run(
                as_root([*command, root, self.program]),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        self.assertEqual(result.stdout.split(), ["dowse", "proc"])
        self.assertIn("Read-only", result.stderr)

    def test_help(self):
        result = self.run_inside("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("goroutines", result.stdout)

    def test_lists_processes(self):
        result = self.run_inside("ps")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(str(self.shop.pid), result.stdout)

    def test_goroutines_of_a_stripped_program(self):
        result = self.run_inside("goroutines", str(self.shop.pid), "--all", "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        goroutines = json.loads(result.stdout)["goroutines"]
        # One watcher is left of each of the 50 visits; that of a visit in progress may still run.
        watchers = [
            g for g in goroutines
            if g["created_by"] and g["created_by"]["function"] == "main.(*Cart).watch"
            and g["state"] == "chan receive"
        ]  # fmt: skip
        self.assertGreaterEqual(len(watchers), 50)

    def test_finds_what_leaks(self):
        result = self.run_inside(str(self.shop.pid), "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (3, ""))
        rules = {finding["code"] for finding in json.loads(result.stdout)["findings"]}
        self.assertLessEqual({"L6", "L7"}, rules)


if __name__ == "__main__":
    unittest.main()
