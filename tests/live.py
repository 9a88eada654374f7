"""The real live processes, and readers of their streams."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

from deploy.native import ports


@dataclass
class Seen:
    """One event of a stream."""

    event: str
    data: dict
    id: int


class Reader:
    """Reads a stream the way a browser does."""

    def __init__(self, port, path, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.retry = None

    def next(self, *wanted):
        """Return the next event, or the next of some kinds."""
        while True:
            found = self._one()
            if found and (not wanted or found.event in wanted):
                return found

    def problem(self):
        return json.loads(self.response.read())

    def close(self):
        self.response.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _one(self):
        fields = {}
        while (line := self._line()) != "":
            name, _, value = line.partition(": ")
            fields[name] = value
        self.retry = fields.get("retry", self.retry)
        if "event" not in fields:
            return None
        return Seen(fields["event"], json.loads(fields["data"]), int(fields["id"]))

    def _line(self):
        line = self.response.readline()
        if not line:
            raise EOFError("The stream has ended.")
        return line.decode().rstrip("\n")


class Live:
    """A service's live process, as deployed: gunicorn with its gevent worker."""

    def __init__(self, environment, mint, service="headquarters"):
        self.port = ports.random_free(1)[0]
        self._mint = mint
        command = [
            *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn_live.conf.py"),
            f"services.{service}.live:create_app()",
        ]
        self.process = subprocess.Popen(
            command, env=os.environ | environment | {"PORT": str(self.port)}, start_new_session=True
        )
        ports.wait_for(self.port, f"{service}'s live process")

    def read(self, person, path="/live/headquarters", **headers):
        token = self._mint.token(person)
        return Reader(self.port, path, {"Authorization": f"Bearer {token}", **headers})

    def read_without_token(self, path):
        return Reader(self.port, path, {})

    def post(self, person, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {self._mint.token(person)}",
            "Content-Type": "application/json",
        }
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    def lazy_reader(self, person, path="/live/headquarters"):
        """Open a stream and never read it: its little buffer fills up."""
        stuck = socket.socket()
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", self.port))
        token = self._mint.token(person)
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        stuck.sendall(head.encode())
        return stuck

    def terminate(self):
        os.killpg(self.process.pid, signal.SIGTERM)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
