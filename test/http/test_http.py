# SPDX-License-Identifier: Apache-2.0
"""URLs as evidence: what is served in every legal way is what the same file says; what is no answer,
or means harm, is one line and a status of dowse's own, in time. Nothing secret is ever shown."""

import base64
import gzip
import itertools
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "profile"))
sys.path.insert(0, str(HERE.parent / "truth"))

import build as building  # noqa: E402
from making import data, number  # noqa: E402
from server import Server, chunked, head, whole  # noqa: E402

DOWSE = os.environ["DOWSE"]
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
# Of real time, for what is to end by itself; a busy machine gives a part of it.
PATIENCE = 120
SECRET = "hunter2"


def heap_profile(scale=1):
    """One site, two frames, some MiB of it; deterministic, so that a file says the same."""
    texts = [b"", b"inuse_objects", b"count", b"inuse_space", b"bytes", b"main.store", b"main.go",
             b"main.main", b"space"]
    out = b""
    for kind, unit in ((1, 2), (3, 4)):
        out += data(1, number(1, kind) + number(2, unit))
    out += data(2, data(1, b"\x01\x02") + data(2, bytes([100]) + b"\x80\x80\x80" + bytes([scale])))
    for place in (1, 2):
        out += data(4, number(1, place) + data(4, number(1, place) + number(2, 10 * place)))
    out += data(5, number(1, 1) + number(2, 5) + number(4, 6))
    out += data(5, number(1, 2) + number(2, 7) + number(4, 6))
    out += b"".join(data(6, text) for text in texts)
    return out + number(9, 1_700_000_000_000_000_000 + scale * 60_000_000_000)


PROFILE = gzip.compress(heap_profile(), mtime=0)
DUMP = b"".join(b"goroutine %d [chan receive, 6 minutes]:\nmain.wait(0xc000012345)\n\t/x/main.go:9 +0x1d\n"
                b"created by main.main in goroutine 1\n\t/x/main.go:5 +0x2a\n\n" % i for i in range(18, 40))


def dowse(*words, **options):
    return subprocess.run([DOWSE, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE * (2 if SANITIZED else 1), **options)


class Case(unittest.TestCase):
    def serve(self, answers, **options):
        server = Server(answers, **options)
        self.addCleanup(server.close)
        return server

    def folded(self, *words):
        ran = dowse("profile", *words, "--format", "folded")
        self.assertEqual((ran.returncode, ran.stderr), (0, b""))
        return ran.stdout

    def refused(self, part, *words, status=1):
        ran = dowse(*words)
        text = ran.stderr.decode()
        self.assertEqual(ran.returncode, status, text)
        self.assertIn(part, text)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertLess(len(text), 4200)
        self.assertTrue(text.isprintable() or text[:-1].isprintable(), text)
        self.assertNotIn(SECRET, text)
        self.assertEqual(ran.stdout, b"")


class Legal(Case):
    def test_every_way_of_sending_comes_to_the_same(self):
        def drip(connection, _):
            answer = chunked(PROFILE, 7, ";name=value", "Trailer: x\r\n")
            for at in range(0, len(answer), 5):
                connection.sendall(answer[at:at + 5])
        server = self.serve({
            "/length": whole(PROFILE),
            "/chunks": chunked(PROFILE),
            "/bytes": chunked(PROFILE, 1),
            "/end": head() + PROFILE,
            "/lf": b"HTTP/1.0 200 OK\nServer: x\n\n" + PROFILE,
            "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole(PROFILE),
            "/packed": whole(gzip.compress(PROFILE), Content_Encoding="gzip"),
            "/plain": whole(heap_profile()),
            "/plainpacked": whole(gzip.compress(heap_profile()), content_encoding="X-GZip"),
            "/behind": whole(PROFILE) + b"HTTP/1.1 200 OK\r\n\r\nmore",
            "/drip": drip,
            "/moved": head(302, 0, "Found", Location="/a/b/moved"),
            "/a/b/moved": head(307, 0, "x", Location="c/d?x=1"),
            "/a/b/c/d": head(301, 0, "x", Location="?y=2", Content_Type="text/html"),
        })
        server.answers["/away"] = head(308, 0, "x", Location=server.url("/length"))
        moved = iter([server.answers["/a/b/c/d"], whole(PROFILE)])
        server.answers["/a/b/c/d"] = lambda connection, _: connection.sendall(next(moved))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "heap"
            path.write_bytes(PROFILE)
            truth = self.folded(path)
            self.assertIn(b"main.main;main.store", truth)
            for name in server.answers:
                if not name.startswith("/a/"):
                    with self.subTest(way=name):
                        self.assertEqual(self.folded(server.url(name)), truth)
            self.assertEqual(self.folded(path, server.url("/length")), self.folded(path, path))

    def test_a_dump(self):
        server = self.serve({"/debug/pprof/goroutine": whole(DUMP),
                             "/packed": whole(gzip.compress(DUMP), Content_Encoding="gzip")})
        for url in server.url("/debug/pprof/goroutine"), server.url(), server.url("/debug/pprof"), \
                server.url("/packed"):
            with self.subTest(url=url):
                ran = dowse("goroutines", url, "--format", "json", "--all")
                self.assertEqual((ran.returncode, ran.stderr), (0, b""))
                self.assertEqual(len(json.loads(ran.stdout)["goroutines"]), 22)
        self.assertEqual([text.split(" ")[1] for text in server.requests],
                         ["/debug/pprof/goroutine?debug=2"] * 3 + ["/packed"])

    def test_an_earlier_one(self):
        server = self.serve({"/now": whole(gzip.compress(heap_profile(3))),
                             "/before": whole(PROFILE)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "before"
            path.write_bytes(PROFILE)
            for words in [[path, server.url("/now")], [server.url("/before"), server.url("/now")],
                          [server.url("/now"), "--against", server.url("/before")],
                          [server.url("/now"), server.url("/before")]]:
                with self.subTest(words=words):
                    ran = dowse(*words, "--format", "json", "--fail-on", "never")
                    self.assertEqual((ran.returncode, ran.stderr), (0, b""))
                    space = json.loads(ran.stdout)["profile"]["types"][1]
                    self.assertEqual((space["before"], space["total"]), (1 << 21, 3 << 21))

    def test_a_socket_of_this_machine(self):
        import socket
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/s.sock"
            server = self.serve({"/debug/pprof/heap": whole(PROFILE)}, family=socket.AF_UNIX,
                                address=path)
            url = "http+unix://%s/debug/pprof/heap" % path.replace("/", "%2F")
            self.assertIn(b"main.store", self.folded(url))
            self.assertIn("Host: localhost\r\n", server.requests[0])

    def test_six(self):
        import socket
        try:
            server = self.serve({"/h": whole(PROFILE)}, family=socket.AF_INET6, address=("::1", 0))
        except OSError:
            return  # no such addresses here
        self.assertIn(b"main.store", self.folded("http://[::1]:%d/h" % server.port))
        self.assertIn("Host: [::1]:%d\r\n" % server.port, server.requests[0])


class Secrets(Case):
    def test_what_is_sent(self):
        server = self.serve({"/h": whole(PROFILE)})
        with tempfile.TemporaryDirectory() as folder:
            token, fields = Path(folder) / "token", Path(folder) / "fields"
            token.write_text(SECRET + "\n")
            fields.write_text("X-One: %s\r\nX-Two: 2\n\n" % SECRET)
            self.folded(server.url("/h?key=%s" % SECRET, login="me:%s%%21@" % SECRET))
            self.folded(server.url("/h"), "--token-file", token)
            self.folded(server.url("/h"), "--header", "X-Zero: " + SECRET, "--header", "@%s" % fields)
        login = base64.b64encode(b"me:%s!" % SECRET.encode()).decode()
        self.assertIn("GET /h?key=%s HTTP/1.1\r\n" % SECRET, server.requests[0])
        self.assertIn("\r\nAuthorization: Basic %s\r\n" % login, server.requests[0])
        self.assertIn("\r\nAuthorization: Bearer %s\r\n" % SECRET, server.requests[1])
        for field in "X-Zero: " + SECRET, "X-One: " + SECRET, "X-Two: 2":
            self.assertIn("\r\n%s\r\n" % field, server.requests[2])

    def test_nothing_of_it_is_shown(self):
        seen = []

        def look(connection, _):
            for words in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(words.read_bytes())
                except OSError:
                    pass
            connection.sendall(whole(DUMP))
        server = self.serve({"/d": look})
        marker = "/d?apikey=%s" % SECRET
        url = server.url(marker, login="me:%s@" % SECRET)
        for form in "text", "json", "html", "sarif", "github":
            ran = dowse(url, "--header", "X: " + SECRET, "--format", form, "--fail-on", "never")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertNotIn(SECRET.encode(), ran.stdout + ran.stderr)
        ours = [words for words in seen if b":%d/d" % server.port in words]
        self.assertTrue(ours)
        for words in ours:
            self.assertNotIn(b"me:" + SECRET.encode(), words)
            self.assertNotIn(b"X: " + SECRET.encode(), words)

    def test_wrong_use(self):
        for part, *words in [
            ("a port is a number", "http://me:%s@h:99999/" % SECRET),
            ("no host", "http://me:%s@/x" % SECRET),
            ("percent sign", "http://me:%s%%@h/" % SECRET),
            ("neither http", "ftp://me:%s@h/" % SECRET),
            ("blank", "http://me:%s@h/a b" % SECRET),
            ("brackets", "http://me:%s@::1/x" % SECRET),
            ("%2F", "http+unix://run/x"),
            ("Name: value", "http://h/", "--header", "no colon " + SECRET),
            ("Name: value", "http://h/", "--header", "a: %s\r\nb: c" % SECRET),
            ("is for a URL", "1", "--header", "a: " + SECRET),
            ("no --header", "info", "http://me:%s@h/" % SECRET, "--header", "a: " + SECRET),
            ("as well", "goroutines", "http://me:%s@h/" % SECRET, "http://me:%s@h/" % SECRET),
            ("would wait for nothing", "http://h/", "--timeout", "0s"),
        ]:
            with self.subTest(words=words):
                self.refused(part, *words, status=2)

    def test_no_redirect_to_another_place(self):
        other = self.serve({"/h": whole(PROFILE)})
        server = self.serve({
            "/port": head(302, 0, "x", Location=other.url("/h?token=" + SECRET)),
            "/name": head(302, 0, "x", Location=other.url("/h").replace("127.0.0.1", "localhost")),
            "/slashes": head(302, 0, "x", Location="//127.0.0.1:%d/h" % other.port),
            "/tls": head(302, 0, "x"),
            "/file": head(302, 0, "x", Location="file:///etc/passwd"),
            "/blank": head(302, 0, "x", Location="/a b"),
            "/loop": head(302, 0, "x", Location="/loop"),
        })
        server.answers["/tls"] = head(302, 0, "x", Location=server.url("/h").replace("http", "https"))
        for path, part in {"/port": "another place", "/name": "another place", "/tls": "another place",
                           "/slashes": "another place", "/file": "another place",
                           "/blank": "no URL", "/loop": "more than"}.items():
            with self.subTest(path=path):
                self.refused(part, server.url(path, login="me:%s@" % SECRET))
        self.assertEqual(other.requests, [])


class Hostile(Case):
    def test_answers_that_are_none(self):
        page = b"<!DOCTYPE html><script>alert(1)</script>"
        server = self.serve({
            "/401": head(401, 0, "x", WWW_Authenticate="Basic"),
            "/403": head(403, 0), "/503": head(503, 0), "/502": head(502, 0), "/405": head(405, 0),
            "/500": head(500, 40) + b"Could not enable CPU profiling: \x1b[31mno",
            "/204": head(204),
            "/nothing": b"", "/ssh": b"SSH-2.0-OpenSSH_9.2\r\n", "/ssh2": b"SSH-2.0-x\r\n\r\n",
            "/http2": b"HTTP/2 200\r\n\r\n", "/status": b"HTTP/1.1 20 OK\r\n\r\n", "/status0": b"HTTP/1.1 099 OK\r\n\r\n",
            "/page": whole(page, Content_Type="text/html; charset=utf-8"), "/sly": whole(page),
            "/empty": whole(b""), "/noise": whole(b"\x07\xff\x00\xfe" * 200),
            "/elf": whole(b"\x7fELF" + bytes(600)), "/text": whole(b"nothing here\n"),
            "/nul": b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n" + PROFILE,
            "/colon": b"HTTP/1.1 200 OK\r\nno field\r\n\r\n", "/blank": b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
            "/fold": b"HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
            "/br": whole(PROFILE, Content_Encoding="br"),
            "/notgzip": whole(PROFILE[2:], Content_Encoding="gzip"),
            "/cutgzip": whole(gzip.compress(PROFILE)[:-9], Content_Encoding="gzip"),
            "/deflate": head(Transfer_Encoding="gzip, chunked") + PROFILE,
            "/https": head(400, 48) + b"Client sent an HTTP request to an HTTPS server.\n",
            "/json": head(500, 16) + b'{"escape": "\x1b"} ',
        })
        for path, part in {
            "/401": "wants a login", "/403": "let you in", "/503": "too busy", "/502": "in front", "/405": "GET",
            "/500": "Could not enable CPU profiling: ", "/204": "status 204", "/none": "not imported",
            "/nothing": "without an answer", "/ssh": "does not speak HTTP", "/ssh2": "does not speak HTTP",
            "/http2": "does not speak HTTP/1", "/status": "does not speak HTTP", "/status0": "means nothing",
            "/page": "a page for people", "/sly": "a page for people", "/empty": "empty",
            "/noise": "takes profiles", "/elf": "an executable", "/text": "no goroutine dump",
            "/nul": "NUL", "/colon": "no field", "/blank": "no field", "/fold": "no field",
            "/br": "packed by 'br'", "/notgzip": "it is not", "/cutgzip": "ends too early",
            "/deflate": "encoding 'gzip, chunked'", "/https": "write https://", "/json": "status 500",
        }.items():
            with self.subTest(path=path):
                self.refused(part, server.url(path))

    def test_lies_about_lengths(self):
        text = chunked(PROFILE)
        at = text.index(b"\r\n\r\n") + 4
        start, body = text[:at], text[at:]
        server = self.serve({
            "/short": head(length=len(PROFILE) + 1) + PROFILE,
            "/two": head(length=5, content_length=6) + PROFILE,
            "/minus": head(content_length=-1) + PROFILE, "/huge": head(content_length="9" * 30) + PROFILE,
            "/tera": head(length=1 << 40) + PROFILE, "/hex": head(content_length="0x10") + PROFILE,
            "/size": start + b"ffffffffffffffff\r\n" + body, "/word": start + b"size\r\n" + body,
            "/none": start + b"\r\n" + body, "/more": start + b"1\r\nab\r\n0\r\n\r\n",
            "/cut": start + body[:-5], "/big": start + b"fffffffffffff\r\n" + PROFILE,
        })
        for path, part in {
            "/short": "in the midst", "/two": "two lengths", "/minus": "no number", "/huge": "no number",
            "/tera": "1099511627776", "/hex": "no number", "/size": "no number", "/word": "no number",
            "/none": "no number", "/more": "longer than", "/cut": "in the midst", "/big": "in the midst",
        }.items():
            with self.subTest(path=path):
                self.refused(part, server.url(path))

    def test_what_never_ends(self):
        def endless(start, piece, wait=0):
            def send(connection, _):
                connection.sendall(start)
                for _ in itertools.count():
                    connection.sendall(piece)
                    time.sleep(wait)
            return send

        def silent(connection, _):
            connection.recv(1)
        server = self.serve({
            "/fields": endless(head()[:-2], b"X: " + b"y" * 1000 + b"\r\n"),
            "/field": endless(head()[:-2] + b"X: ", b"y" * 1000),
            "/interim": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            "/extension": endless(head(Transfer_Encoding="chunked") + b"5;", b"x" * 1000),
            "/trailer": endless(head(Transfer_Encoding="chunked") + b"0\r\n", b"X: y\r\n" * 100),
            "/error": endless(head(500), b"words " * 1000),
            "/silent": silent,
            "/drip": endless(head(), b"x", 0.1),
            "/drip2": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.2),
        })
        for path, part in {
            "/fields": "65536", "/field": "65536", "/interim": "HTTP", "/extension": "no end",
            "/trailer": "no end", "/error": "status 500", "/silent": "given up",
            "/drip": "given up", "/drip2": "given up",
        }.items():
            with self.subTest(path=path):
                began = time.monotonic()
                waits = ["--timeout", "1s"] if part == "given up" else []
                self.refused(part, server.url(path), *waits)
                # It was to give up after a second; a busy machine may take its time.
                self.assertLess(time.monotonic() - began, 60)

    def test_a_body_without_an_end_is_cut_off(self):
        piece = bytes(1 << 20)

        def endless(connection, _):
            connection.sendall(head())
            for _ in itertools.count():
                connection.sendall(piece)
        server = self.serve({"/h": endless})
        self.refused("256 MiB", server.url("/h"))

    def test_bombs(self):
        bomb = gzip.compress(gzip.compress(b"")[:10] + bytes(90 << 20), 1)
        server = self.serve({"/wrapped": whole(bomb, Content_Encoding="gzip"),
                             "/plain": whole(gzip.compress(b"\x0a\x04" + bytes(90 << 20), 1))})
        for path in server.answers:
            with self.subTest(path=path):
                self.refused("", server.url(path))

    def test_nobody_there(self):
        with Server({}) as server:
            url = server.url("/h")
        self.refused("nobody listens", url)
        self.refused("No such file", "http+unix://%2Fno%2Fsuch/h")

    def test_every_cut_of_an_answer(self):
        answer = chunked(PROFILE, 50)
        server = self.serve({"/%d" % i: answer[:i] for i in range(0, len(answer), 23)})
        for path in server.answers:
            ran = dowse(server.url(path))
            self.assertEqual((ran.returncode, ran.stderr.count(b"\n")), (1, 1), path)


def certificate(folder, name, place):
    """Paths of a certificate that vouches for itself, and of its key."""
    paths = [Path(folder) / (name + end) for end in (".pem", ".key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + place,
                    "-out", paths[0], "-keyout", paths[1]], check=True, timeout=120, capture_output=True)
    return paths


class Tls(Case):
    def test_whom_it_believes(self):
        with tempfile.TemporaryDirectory() as folder:
            ours, key = certificate(folder, "ours", "IP:127.0.0.1")
            other, other_key = certificate(folder, "other", "DNS:shop.example")
            contexts = []
            for paths in (ours, key), (other, other_key):
                contexts.append(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
                contexts[-1].load_cert_chain(*paths)
            answers = {"/h": chunked(PROFILE), "/end": head() + PROFILE, "/401": head(401, 0),
                       "/short": head(length=len(PROFILE) + 1) + PROFILE}
            good = self.serve(answers, context=contexts[0])
            bad = self.serve(answers, context=contexts[1])
            plain = self.serve(answers)
            for path in "/h", "/end":
                self.assertIn(b"main.store", self.folded(good.url(path), "--cacert", ours))
            self.refused("TLS fails", good.url("/h", login="me:%s@" % SECRET))
            self.refused("TLS fails", good.url("/h"), "--cacert", other)
            self.refused("mismatch", bad.url("/h"), "--cacert", other)
            self.refused("TLS fails", plain.url("/h", scheme="https"), "--cacert", ours)
            self.refused("", good.url("/h", scheme="http"))
            self.refused("no certificate", good.url("/h"), "--cacert", key)
            self.refused("login", good.url("/401"), "--cacert", ours)
            self.refused("in the midst", good.url("/short"), "--cacert", ours)
            self.assertFalse([text for text in good.requests if SECRET in text or "Basic" in text])
            ran = dowse("profile", bad.url("/h"), "--insecure", "--format", "folded")
            self.assertIn(b"main.store", ran.stdout)
            self.assertIn(b"warning: --insecure", ran.stderr)


class Programs(Case):
    """net/http/pprof of real programs: the whole, its parts, and what grew."""

    def program(self, release):
        output = building.cache() / ("served-" + release)
        new = "%s.%d" % (output, os.getpid())
        subprocess.run(["nice", "go", "build", "-o", new, "."], cwd=HERE / "served", check=True,
                       env=building.go_environment(release, False, ""), timeout=900)
        os.rename(new, output)
        process = subprocess.Popen([output], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return "http://" + process.stdout.readline().strip()

    def check(self, release):
        url = self.program(release)

        def told(*words):
            ran = dowse(*words, "--format", "json")
            self.assertIn(ran.returncode, (0, 3), ran.stderr)
            self.assertEqual(ran.stderr, b"")
            return json.loads(ran.stdout)
        both = told(url)
        self.assertEqual((both["target"]["kind"], both["warnings"]), ("url", []))
        self.assertGreater(both["goroutine_count"], 30)
        self.assertEqual(both["profile"]["of"], "heap")
        groups = told("goroutines", url)["groups"]
        self.assertEqual(sum(group["count"] for group in groups if group["created_by"] and
                             group["created_by"]["function"] == "main.leak"), 30)
        self.assertIn(b"main.fill", self.folded(url))
        self.assertIn(b"main.leak.func1", self.folded(url + "/debug/pprof/goroutine"))
        self.assertEqual(told(url + "/debug/pprof/allocs?debug=1&gc=1")["profile"]["of"], "heap")
        self.assertEqual(told(url + "/debug/pprof/profile?seconds=1")["profile"]["of"], "cpu")
        self.assertEqual(told(url + "/debug/pprof/heap?seconds=1", "--timeout", "60s")["profile"]["of"], "heap")
        twice = told(url, "--over", "1s")
        self.assertIsNotNone(twice["profile"]["types"][0]["before"])
        self.refused("not imported", url + "/debug/nothing")

    def test_1_19(self):
        self.check("1.19")

    def test_1_24(self):
        self.check("1.24")

    def test_1_27(self):
        self.check("1.27")


class Input(Case):
    """Profiles out of a pipe, packed in whatever way, are what the file is."""

    def test_profiles(self):
        from subprocess import run
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "heap"
            path.write_bytes(PROFILE)
            truth = self.folded(path)
            twice = self.folded(path, path)
        zstd = run(["zstd", "-q", "-c"], input=heap_profile(), capture_output=True, timeout=60).stdout
        for content, expected in [(PROFILE, truth), (heap_profile(), truth), (zstd, truth),
                                  (PROFILE + PROFILE, twice), (b"main.main;main.store 7\nmain.main;main.load 1\n", None)]:
            ran = run([DOWSE, "profile", "-", "--format", "folded"], input=content, capture_output=True,
                      timeout=PATIENCE)
            self.assertEqual((ran.returncode, ran.stderr), (0, b""))
            if expected:
                self.assertEqual(ran.stdout, expected)
            ran = run([DOWSE, "-"], input=content, capture_output=True, timeout=PATIENCE)
            self.assertIn(b"profile", ran.stdout)

    def test_a_rate_that_means_nothing(self):
        from subprocess import run
        text = b"heap profile: 1: 1 [1: 1] @ heap/9000000000000000000\n1: 1 [1: 1] @ 0x1\n"
        ran = run([DOWSE, "profile", "-", "--format", "folded"], input=text, capture_output=True,
                  timeout=PATIENCE)
        self.assertEqual((ran.returncode, ran.stderr), (0, b""))
        self.assertIn(b" 9223372036854775807\n", ran.stdout)

    def test_what_is_none(self):
        from subprocess import run
        for content in b"", b"\x28\xb5\x2f\xfd", PROFILE[:40], gzip.compress(b"\n\x04" + bytes(90 << 20), 1):
            ran = run([DOWSE, "profile", "-"], input=content, capture_output=True, timeout=PATIENCE)
            self.assertIn(ran.returncode, (1, 2))
            self.assertEqual(ran.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
