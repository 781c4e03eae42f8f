"""contrib/kubectl-dowse, with a kubectl that knows one pod."""

import os
import subprocess
import tempfile
import unittest

from pod import ENTER, SOURCE, Pod, as_root

PLUGIN = os.path.join(SOURCE, "contrib", "kubectl-dowse")

# Writes down what it is asked, answers for the pod, and runs what is to be run beside the service.
KUBECTL = r"""#!/bin/sh
printf '%s\n' "$*" >>"$LOG"
case "$*" in
debug*) for word; do case $word in --custom=*) cat "${word#*=}" >>"$LOG" ;; esac; done ;;
*.spec.containers\[0\].name*) printf shop ;;
*.spec.securityContext.runAsUser*) printf '%s' "$RUN_AS" ;;
*state.running*) printf '%s' "$STARTED" ;;
exec*)
	while [ "$1" != -- ]; do shift; done
	shift 2
	exec nsenter --target "$SERVICE" --pid unshare --mount --propagation private sh -c "$ENTER" sh \
		"$ROOT" "$DOWSE_FILE" 1000:1000 -all,+sys_chroot,+setuid,+setgid,+setpcap \
		/usr/local/bin/dowse "$@" ;;
esac
"""


class Plugin(Pod):
    def call(self, *arguments, started="2026-01-01T00:00:00Z", run_as="1000"):
        folder = tempfile.mkdtemp(dir=self.folder)
        kubectl, log = os.path.join(folder, "kubectl"), os.path.join(folder, "log")
        with open(kubectl, "w", encoding="ascii") as file:
            file.write(KUBECTL)
        os.chmod(kubectl, 0o755)
        os.mkdir(os.path.join(folder, "root"))
        environment = {
            "PATH": folder + ":" + os.environ["PATH"], "LOG": log, "ENTER": ENTER,
            "SERVICE": str(self.pid), "ROOT": os.path.join(folder, "root"),
            "DOWSE_FILE": self.dowse, "STARTED": started, "RUN_AS": run_as,
            "DOWSE_IMAGE": "registry.example/dowse:1", "DOWSE_POLL": "0",
        }  # fmt: skip
        words = [f"{name}={value}" for name, value in environment.items()]
        result = subprocess.run(
            as_root(["env", *words, PLUGIN, *arguments]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=60, check=False,
        )  # fmt: skip
        asked = ""
        if os.path.exists(log):
            with open(log, encoding="utf-8") as lines:
                asked = lines.read()
        return result, asked

    def test_goroutines(self):
        result, asked = self.call(
            "shop-1", "-n", "prod", "--", "goroutines", "1", "--all", "--format", "json"
        )
        self.check_goroutines(result)
        self.assertRegex(
            asked,
            r"\ndebug shop-1 -n prod --quiet --image=registry.example/dowse:1 --target=shop"
            r" -c dowse-\d+ --profile=restricted --custom=\S+ -- dowse hold 1h\n"
            r'\{"securityContext":\{"runAsUser":1000\}\}',
        )
        self.check_unharmed()

    def test_diagnosis_is_what_it_does_without_words(self):
        result, asked = self.call("shop-1")
        self.assertEqual((result.returncode, result.stderr), (3, b""))
        self.assertIn(b"L6", result.stdout)
        self.assertRegex(asked, r"exec shop-1 -c dowse-\d+ -- dowse 1\n")

    def test_an_unknown_user(self):
        """Root's capabilities are asked for, and no user."""
        _, asked = self.call("shop-1", "-c", "cart", "--", "ps", run_as="")
        self.assertRegex(asked, r"--target=cart .* --profile=general --custom=\S+ -- dowse hold 1h\n\{\}")

    def test_a_container_that_does_not_start(self):
        result, asked = self.call("shop-1", started="")
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertRegex(result.stderr.decode(), r"^kubectl-dowse: the container dowse-\d+ did not start; .*\n$")
        self.assertNotIn("exec", asked)

    def test_wrong_use(self):
        for words in [], ["--verbose", "shop-1"], ["shop-1", "shop-2"]:
            result, asked = self.call(*words)
            self.assertEqual((result.returncode, result.stdout, asked), (2, b"", ""))
            self.assertEqual(len(result.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
