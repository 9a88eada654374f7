"""One client of a benchmark: asks one thing after the other, as fast as the answers come.

`python -m tests.bench.peers.caller KIND ADDRESS SECONDS PACE PLAN`: KIND is http, django or sql;
PLAN a file with one request a line, as JSON; with a PACE they are begun that many seconds apart.
Says "ready", begins at a line on stdin, and ends with a line of JSON: when it began and ended, each
answer's status and milliseconds, and how many requests are left.
"""

import json
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import extras


class Http:
    """A connection that is kept open; whole requests out, status and head in, the body counted."""

    def __init__(self, address):
        place = urlsplit(address)
        self._place = (place.hostname, place.port)
        self._socket = None

    def prepare(self, each):
        return _request(*each)

    def ask(self, request):
        return self.send(request)[0]

    def send(self, request):
        if self._socket is None:
            self._socket = socket.create_connection(self._place, timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        head, rest = b"", self._socket.recv(65536)
        while b"\r\n\r\n" not in (head := head + rest):
            rest = self._socket.recv(65536)
            if not rest:
                raise ConnectionError("The server hung up.")
        head, _, body = head.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        fields = {name.lower(): value for name, value in fields.items()}
        left = int(fields[b"content-length"]) - len(body)
        while left > 0:
            left -= len(self._socket.recv(min(left, 262144)))
        if fields.get(b"connection", b"").lower() == b"close":
            self._socket.close()
            self._socket = None
        return int(head[9:12]), fields


class Django(Http):
    """Books with two forms: the place and time, then who comes."""

    def prepare(self, each):
        """Take the first form's request whole, and of the second all but its address."""
        first, second = each
        method, _, headers, body = second
        return _request(*first), (method, headers, body)

    def ask(self, request):
        first, (method, headers, body) = request
        status, fields = self.send(first)
        if status != 302:
            return status
        where = fields[b"location"].decode()
        status, fields = self.send(_request(method, where, headers, body))
        # a form that is not accepted is shown again with 200; 302 leads to the thanks
        return 201 if status == 302 and b"thank-you" in fields[b"location"] else status


class Sql:
    """The statements of one booking, each in its own trip to the server, with nothing around."""

    def __init__(self, address):
        self._connection = psycopg2.connect(address, options="-c timezone=UTC")
        self._connection.autocommit = True
        extras.register_default_jsonb(self._connection, loads=str)
        self._cursor = self._connection.cursor()
        self._prepared = set()

    def prepare(self, each):
        return [statement.encode() for statement in each]

    def ask(self, request):
        try:
            for statement in request:
                if statement in self._prepared:
                    continue
                if statement.startswith(b"PREPARE"):
                    self._prepared.add(statement)
                self._cursor.execute(statement)
                if self._cursor.description:
                    self._cursor.fetchall()
        except psycopg2.Error:
            self._cursor.execute("ROLLBACK")
            return 409
        return 201


KINDS = {"http": Http, "django": Django, "sql": Sql}


def _request(method, path, headers, body):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode()


def main():
    kind, address, seconds, pace, plan = sys.argv[1:]
    caller = KINDS[kind](address)
    lines = Path(plan).read_text(encoding="utf-8").splitlines()
    requests = [caller.prepare(json.loads(line)) for line in lines]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    found = []
    began = last = time.time()
    for number, request in enumerate(requests):
        if float(pace):
            time.sleep(max(0.0, began + number * float(pace) - time.time()))
            last = time.time()
        status = caller.ask(request)
        now = time.time()
        found.append((status, 1000 * (now - last)))
        last = now
        if now - began > float(seconds):
            break
    left = len(requests) - len(found)
    json.dump({"began": began, "ended": last, "found": found, "left": left}, sys.stdout)


if __name__ == "__main__":
    main()
