"""What devices say of themselves, and which alarms that raises."""

import json

from deploy.devicekit.wire import rfc3339
from shared import clock
from tests.integration.device_telemetry.readings import arrive


def says(pen, event, seq=1, *, now=None, **facts):
    at = facts.pop("at", now or clock.now())
    said = {"v": 1, "boot_id": 1, "seq": seq, "at": rfc3339(at), "event": event, **facts}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events", now=now)


def is_on_line(pen, now=None, **facts):
    now = now or clock.now()
    said = {"v": 1, "online": True, "at": rfc3339(now), "battery_permille": 800, **facts}
    arrive(pen.topic("status"), [json.dumps(said).encode()], lane="status", now=now)


def is_gone(pen, now=None, **facts):
    said = {"v": 1, "online": False, **facts}
    arrive(pen.topic("status"), [json.dumps(said).encode()], lane="status", now=now)


def kinds(announced, name="alarm_raised"):
    return [alarm["kind"] for alarm in announced(name)]
