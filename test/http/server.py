# SPDX-License-Identifier: Apache-2.0
"""A server that answers by a script: what it is asked for names what it does, byte for byte."""

import contextlib
import socket
import ssl
import threading


class Server:
    """`answers` maps a path (without its query) to bytes, or to a function of (connection, request)
    that sends by itself. What was asked is in `requests`: whole heads, as text."""

    def __init__(self, answers, context=None, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.answers = answers
        self.context = context
        self.requests = []
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen(50)
        self.port = self.listener.getsockname()[1] if family != socket.AF_UNIX else None
        self.ends = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.ends.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        # Who has gone away is no fault here: to go away is what most of these tests are about.
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            connection.settimeout(60)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                some = connection.recv(65536)
                if not some:
                    return
                request += some
                if request[:1] == b"\x16":  # TLS
                    connection.sendall(head(400, 0))
                    return
            text = request.decode("latin-1")
            self.requests.append(text)
            answer = self.answers.get(text.split(" ")[1].split("?")[0])
            if callable(answer):
                answer(connection, text)
            else:
                connection.sendall(answer if answer is not None else head(404, length=9) + b"not found")
            if self.context:
                connection = connection.unwrap()

    def url(self, path="/", scheme=None, login=""):
        return "%s://%s127.0.0.1:%d%s" % (scheme or ("https" if self.context else "http"), login,
                                          self.port, path)

    def close(self):
        self.ends.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def head(status=200, length=None, reason="OK", **fields):
    lines = ["HTTP/1.1 %d %s" % (status, reason)]
    lines += ["%s: %s" % (name.replace("_", "-"), value) for name, value in fields.items()]
    if length is not None:
        lines.append("Content-Length: %d" % length)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(content, **fields):
    return head(length=len(content), **fields) + content


def chunked(content, size=1000, extension="", trailer=""):
    out = [head(Transfer_Encoding="chunked")]
    for at in range(0, len(content), size):
        piece = content[at:at + size]
        out.append(b"%x%s\r\n%s\r\n" % (len(piece), extension.encode(), piece))
    out.append(b"0\r\n%s\r\n" % trailer.encode())
    return b"".join(out)
