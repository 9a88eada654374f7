"""The platform from outside: HTTP, MQTT, a mailbox and a stream; nothing of our code."""

import json
import mailbox
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import requests


@dataclass
class Platform:
    """A running platform, read from the file that `make demo` writes."""

    facts: dict[str, Any]
    folder: Path
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> "Platform":
        return cls(json.loads(file.read_text(encoding="utf-8")), file.parent.parent)

    @property
    def gateway(self) -> str:
        return self.facts["gateway"]

    def account(self, role, clinic_id=None):
        return next(
            account
            for account in self.facts["accounts"]
            if account["role"] == role and (clinic_id is None or clinic_id in account["clinic_ids"])
        )

    def spare_device(self, clinic_id):
        return next(device for device in self.facts["devices"] if device["clinic_id"] == clinic_id)

    def sign_in(self, role, clinic_id=None) -> "Person":
        account = self.account(role, clinic_id)
        answer = requests.post(
            f"{self.gateway}/api/identity/v1/tokens",
            json={"email": account["email"], "password": account["password"]},
            timeout=60,
        )
        assert answer.status_code in {200, 201}, answer.text
        return Person(self.gateway, answer.json()["access_token"])

    def mails_to(self, address):
        folder = mailbox.Maildir(self.folder / self.facts["mailbox"], create=False)
        return [mail for mail in folder if address in str(mail["To"])]


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    gateway: str
    token: str

    def ask(self, method, path, expect=None, **options):
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = requests.request(
            method, self.gateway + path, headers=headers, timeout=60, **options
        )
        if expect is not None:
            assert answer.status_code == expect, f"{method} {path}: {answer.text}"
        return answer

    def get(self, path, expect=200, **options):
        return self.ask("GET", path, expect, **options).json()

    def post(self, path, body=None, expect=201, **options):
        return self.ask("POST", path, expect, json=body or {}, **options).json()

    def refused(self, path, body, problem, **options):
        """POST and see it refused with a problem whose type ends in `problem`."""
        answer = self.ask("POST", path, json=body, **options)
        assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
        told = answer.json()
        assert told["type"].endswith(problem), told
        assert told["detail"], told
        return told


class Stream:
    """Server-sent events, read in a thread and remembered."""

    def __init__(self, person: Person, path: str) -> None:
        self.events: list[tuple[str, Any]] = []
        self._answer = person.ask("GET", path, 200, stream=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        kind = "message"
        try:
            for line in self._answer.iter_lines(decode_unicode=True):
                if line.startswith("event:"):
                    kind = line.partition(":")[2].strip()
                elif line.startswith("data:"):
                    self.events.append((kind, json.loads(line.partition(":")[2])))
        except (requests.RequestException, AttributeError):
            return  # closed by us

    def seen(self, event, /, **members):
        """Return the first event of this name with these members."""
        return next(
            (
                data
                for name, data in list(self.events)
                if name == event and all(data.get(key) == value for key, value in members.items())
            ),
            None,
        )

    def close(self):
        self._answer.close()


class Pen:
    """A stock MQTT client with a device's secret: no code of ours."""

    def __init__(self, platform: Platform, device: dict[str, Any]) -> None:
        self.device = device
        self.commands: list[dict[str, Any]] = []
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=device["id"],
            protocol=mqtt.MQTTv311,
        )
        self._client.username_pw_set(device["id"], device["secret"])
        self._client.on_message = self._hear
        self._client.on_connect = self._listen
        self._client.connect(platform.facts["mqtt"]["host"], platform.facts["mqtt"]["port"])
        self._client.loop_start()

    def _topic(self, kind):
        return f"pens/{self.device['clinic_id']}/{self.device['id']}/{kind}"

    def _listen(self, client, *_):
        client.subscribe(self._topic("commands"), qos=1)

    def _hear(self, _client, _data, message):
        self.commands.append(json.loads(message.payload))

    def say(self, kind, payload):
        """Publish and wait for the broker's acknowledgement."""
        told = self._client.publish(self._topic(kind), json.dumps(payload), qos=1)
        told.wait_for_publish(timeout=60)
        assert told.is_published(), kind

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
