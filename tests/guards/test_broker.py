"""The broker's definitions, and what device telemetry asks for before it opens the door."""

import json
import re
from pathlib import Path

from services.device_telemetry.domain import topology

DEFINITIONS = json.loads(Path("deploy/rabbitmq/definitions.json").read_text(encoding="utf-8"))


def test_the_door_asks_for_every_binding_that_is_declared():
    declared = {
        (each["source"], each["destination"], each["routing_key"])
        for each in DEFINITIONS["bindings"]
    }
    assert declared == topology.BINDINGS


def test_whatever_devices_reach_sends_on_what_it_cannot_route():
    [policy] = DEFINITIONS["policies"]
    reached = {each["source"] for each in DEFINITIONS["bindings"]} - {topology.UNROUTED}
    assert reached == topology.CAUGHT
    assert all(re.search(policy["pattern"], name) for name in reached)
    assert policy["definition"] == {"alternate-exchange": topology.UNROUTED}


def test_the_last_catch_takes_everything():
    kinds = {each["name"]: each["type"] for each in DEFINITIONS["exchanges"]}
    assert kinds[topology.UNROUTED] == "fanout"
    assert all(queue["durable"] for queue in DEFINITIONS["queues"])
