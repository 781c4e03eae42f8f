"""A pod made by hand: a service that is stripped, alone in its image, of an ordinary user and read-only;
and dowse's own image beside it, in the service's PID namespace.

A container here is a PID and a mount namespace with an empty read-only root, and the user, the
capabilities and the no_new_privs that are asked for. Needs root, or a sudo that asks for no
password: namespaces take that.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import static_file
from static_file import as_root

SOURCE = os.environ["SOURCE_DIR"]
PROGRAM = "/usr/local/bin/dowse"

# $1 becomes the root, with one program in it; $3 is a user, $4 the capabilities that it may have.
ENTER = """
set -eu
root=$1 program=$2 user=$3 capabilities=$4
shift 4
PATH=$PATH:/usr/sbin:/sbin
chroot=$(command -v chroot) setpriv=$(command -v setpriv)
mount -t tmpfs -o mode=755 none "$root"
mkdir -p "$root/proc" "$root/usr/local/bin"
cp "$program" "$root/usr/local/bin/"
mount -t proc none "$root/proc"
mount -o remount,ro "$root"
exec env -i PATH=/usr/local/bin "$setpriv" --bounding-set "$capabilities" --no-new-privs \
	"$chroot" --userspec="$user" "$root" "$@"
"""

# What a container of root has by default in most clusters.
DEFAULT = (
    "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,"
    "+net_bind_service,+sys_chroot,+mknod,+audit_write,+setfcap"
)
GENERAL = DEFAULT + ",+sys_ptrace"
EVERYTHING = "+all"


class Pod(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.dowse = os.path.join(cls.folder, "dowse")
        static_file.build(cls.dowse)
        shop = os.path.join(cls.folder, "shop")
        static_file.build_shop(shop, CGO_ENABLED="0")
        cls.service = cls.start(
            shop, "1000:1000", DEFAULT,
            ["/usr/local/bin/shop", "-for", "5m", "-customers", "50"],
        )  # fmt: skip
        assert cls.service.stdout.readline() == "open\n"
        cls.pid = cls.first_process(cls.service.pid)

    @classmethod
    def start(cls, program, user, capabilities, arguments):
        """A container that runs until the class is over; its output is a pipe."""
        root = tempfile.mkdtemp(dir=cls.folder)
        command = ["unshare", "--pid", "--fork", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]
        process = subprocess.Popen(
            as_root([*command, root, program, user, capabilities, *arguments]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        cls.addClassCleanup(cls.end, process)
        return process

    @classmethod
    def end(cls, process):
        # The first process takes all of its namespace with it; unshare only waits for it.
        if process.poll() is None:
            first = cls.first_process(process.pid)
            subprocess.run(as_root(["kill", "-KILL", str(first)]), check=True)
        process.wait(10)
        process.stdout.close()

    @staticmethod
    def first_process(pid):
        """Of the PID namespace that `unshare --fork` has made."""
        for _ in range(200):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                for child in children.read().split():
                    with open(f"/proc/{child}/status", encoding="ascii") as status:
                        if "\nNSpid:\t%s\t1\n" % child in status.read():
                            return int(child)
            time.sleep(0.05)
        raise AssertionError("the container has no first process")

    def beside(self, user, capabilities, *arguments, program=None):
        """dowse in a container of its own, in the service's PID namespace."""
        with tempfile.TemporaryDirectory(dir=self.folder) as root:
            mount = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]
            command = ["nsenter", "--target", str(self.pid), "--pid", *mount]
            return subprocess.run(
                as_root([*command, root, program or self.dowse, user, capabilities, PROGRAM, *arguments]),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=60, check=False,
            )  # fmt: skip

    def check_goroutines(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        report = json.loads(result.stdout)
        self.assertEqual(report["target"]["pid"], 1)
        watchers = [
            g for g in report["goroutines"]
            if g["created_by"] and g["created_by"]["function"] == "main.(*Cart).watch"
        ]  # fmt: skip
        self.assertGreaterEqual(len(watchers), 50)

    def check_unharmed(self):
        self.assertIsNone(self.service.poll())
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            lines = dict(line.split(":\t", 1) for line in status.read().splitlines())
        self.assertIn(lines["State"][0], "RS")
        self.assertEqual(lines["TracerPid"], "0")
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            self.assertEqual(children.read(), "")
