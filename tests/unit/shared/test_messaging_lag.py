"""A process that settles lanes, and is stuck: how old its oldest message is, and that it rests."""

from datetime import timedelta

from prometheus_client import REGISTRY

from shared import clock, process
from shared.amqp import lane_process, link

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


def test_a_process_whose_lane_is_stuck_rests_between_its_tries(monkeypatch):
    """Messages wait in memory, so that nothing else keeps it from turning as fast as it can."""
    rested, looks = [], iter(range(100))

    class Busy(process.Process):
        @property
        def stopping(self):
            return bool(rested) or next(looks, None) is None

        def wait(self, seconds):
            rested.append(seconds)

    class Stuck:
        stuck = True

        def __init__(self, *_intake, **_plan):
            pass

        def turn(self):
            return False

        def drained(self, _now):
            return {}

    class Full:
        def wait(self, _seconds):
            pass

    monkeypatch.setattr(lane_process, "Settling", Stuck)
    plan = lane_process.Plan(
        name="test",
        queues={},
        lanes={},
        prefetch=1,
        most=1,
        drained=lambda _tx, _drained: None,
    )
    lane_process._work(plan, Full(), Busy(), link.Backoff(), {})  # noqa: SLF001 # no broker needed
    assert rested == [lane_process.IDLE_S]
