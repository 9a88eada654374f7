"""How old the oldest message is: asked of a process that may be stuck."""

from datetime import timedelta

from prometheus_client import REGISTRY

from shared import clock, process
from shared.amqp import lane_process

NOBODY = "amqp://127.0.0.1:1/%2F"


def lag_s():
    labels = {"lane": "readings"}
    return REGISTRY.get_sample_value("needlepoint_device_messages_lag_seconds", labels)


def test_messages_grow_older_while_the_broker_is_away(monkeypatch):
    monkeypatch.setenv("AMQP_URL", NOBODY)
    began = clock.now()
    seen = []

    class Waiting(process.Process):
        def wait(self, _seconds):
            hours = timedelta(hours=len(seen))
            monkeypatch.setattr(clock, "now", lambda: began + hours)
            seen.append(lag_s() // 3600)
            if len(seen) == 3:
                self.stop()

    plan = lane_process.Plan(
        name="test",
        queues={"readings": ["nowhere"]},
        lanes={"readings": None},
        prefetch=1,
        most=1,
        drained=lambda _tx, _drained: None,
    )
    monkeypatch.setattr(clock, "now", lambda: began)
    lane_process.run(plan, Waiting())
    assert seen == [0, 1, 2]
