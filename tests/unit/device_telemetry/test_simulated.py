"""The simulated pens do what their profiles say, second by second, without a network."""

import json
import random
from uuid import UUID

import pytest

from deploy.demo.simulated import WORN_EVERY, SimulatedPen
from deploy.devicekit.pen import Identity, Pen, Unsafe
from deploy.devicekit.store import Disk, Memory
from shared.schemas import batches

LIMITS = [
    {"zone": 1, "depth_um": 400, "limit_um": 550, "passes": 2},
    {"zone": 8, "depth_um": 500, "limit_um": 650, "passes": 3},
]
LIMIT = {each["zone"]: each["limit_um"] for each in LIMITS} | {0: 0}
IDENTITY = Identity(
    host="127.0.0.1",
    port=9,
    device_id=UUID("01930000-0000-7000-8000-00000000d001"),
    clinic_id=UUID("01930000-0000-7000-8000-0000000050a0"),
    secret="none",
)


def a_pen(profile, seed="7/Pen 1"):
    chance = random.Random(seed)  # noqa: S311 # a simulation
    return SimulatedPen(IDENTITY, profile=profile, chance=chance, boot_id=5, now_s=0.0)


def begin(pen, number=1):
    pen.hear(
        {
            "v": 1,
            "id": f"01930000-0000-7000-8000-{number:012}",
            "command": "set_limits",
            "session_id": f"01930000-0000-7000-8000-{number:012}",
            "cartridge": {"lot": "L", "serial": f"C{number}"},
            "limits": LIMITS,
        }
    )


def stop(pen, reason, **facts):
    pen.hear({"v": 1, "command": "stop", "reason": reason, **facts})


def live(pen, seconds, start=0.0):
    for step in range(int(seconds * 10)):
        pen.step(start + step / 10)
    return start + seconds


def readings(pen):
    return [batches.read(body) for _, what, body in pen.pen.store.waiting() if what == "readings"]


def events(pen):
    return [json.loads(body) for _, what, body in pen.pen.store.waiting() if what == "events"]


def too_deep(found):
    return [
        (int(zone), int(depth))
        for batch in found
        for zone, depth in zip(batch.samples[1], batch.samples[2], strict=True)
        if depth > LIMIT[int(zone)]
    ]


def test_a_steady_pen_treats_every_zone_and_is_never_too_deep():
    pen = a_pen("steady")
    begin(pen)
    live(pen, 90)
    found = readings(pen)
    assert {int(zone) for batch in found for zone in batch.samples[1]} == {0, 1, 8}
    assert too_deep(found) == []
    assert [event["event"] for event in events(pen)] == [
        "cartridge_inserted",
        "needling_started",
        "needling_stopped",
    ]


def test_batches_follow_each_other_without_a_hole():
    pen = a_pen("steady")
    begin(pen)
    live(pen, 90)
    following = 0
    for batch in readings(pen):
        assert batch.seq == following
        assert str(batch.session_id).endswith("1")
        following += batch.n


def test_a_deep_pen_slips_once_and_not_again_when_it_was_stopped():
    pen = a_pen("deep")
    begin(pen)
    now = 0.0
    while not too_deep(readings(pen)):
        now = live(pen, 1, now)
    stop(pen, "depth_over_limit")
    live(pen, 1, now)
    slipped = len(too_deep(readings(pen)))
    assert slipped <= 21
    live(pen, 120, now + 1)
    assert len(too_deep(readings(pen))) == slipped
    assert [event["event"] for event in events(pen)].count("needling_stopped") == 2


def test_a_worn_pen_is_given_its_first_cartridge_again_now_and_then():
    pen = a_pen("worn")
    now, inserted = 0.0, []
    for number in range(1, WORN_EVERY + 1):
        begin(pen, number)
        now = live(pen, 20, now)
        stop(pen, "session_ended")
        now = live(pen, 1, now)
    inserted = [each["cartridge"] for each in events(pen) if "cartridge" in each]
    assert [each["serial"] for each in inserted] == ["C1", "C2", "C1"]


def test_the_end_of_the_last_session_that_is_heard_late_ends_no_other():
    pen = a_pen("steady")
    begin(pen, 1)
    now = live(pen, 20)
    begin(pen, 2)
    for ended, goes_on in ((1, True), (2, False)):
        stop(pen, "session_ended", session_id=f"01930000-0000-7000-8000-{ended:012}")
        now = live(pen, 1, now)
        before = len(readings(pen))
        now = live(pen, 20, now)
        assert (len(readings(pen)) > before) is goes_on
    assert str(readings(pen)[-1].session_id).endswith("2")


def test_a_pen_with_a_bad_cartridge_takes_the_right_one_when_told_or_treats_no_further():
    pen, now = a_pen("worn"), 0.0
    for number in range(1, WORN_EVERY + 1):
        begin(pen, number)
        now = live(pen, 20, now)
    stop(pen, "cartridge_reused")
    now = live(pen, 20, now)
    assert [each["event"] for each in events(pen)][-3:] == [
        "cartridge_removed",
        "cartridge_inserted",
        "needling_started",
    ]
    assert [each["cartridge"]["serial"] for each in events(pen) if "cartridge" in each][-1] == "C3"
    assert readings(pen)[-1].cartridge_serial == "C3"

    stop(pen, "cartridge_expired")
    now = live(pen, 20, now)
    assert events(pen)[-1]["event"] == "needling_stopped"


def test_the_same_seed_gives_the_same_hand():
    hands = []
    for _ in range(2):
        pen = a_pen("deep")
        begin(pen)
        live(pen, 40)
        hands.append([batch.samples.tolist() for batch in readings(pen)])
    assert hands[0] == hands[1]


def test_a_pen_without_a_session_sends_no_readings():
    pen = a_pen("offline")
    live(pen, 600)
    assert len(pen.pen.store) == 0


def test_what_was_not_acknowledged_is_there_after_a_lost_battery(tmp_path):
    before = Disk(tmp_path)
    for body in (b"one", b"two", b"three"):
        before.put("readings", body)
    before.put("events", b"first")
    before.drop((1, 2))
    after = Disk(tmp_path)
    assert [body for _, _, body in after.waiting()] == [b"first", b"one", b"three"]
    after.put("readings", b"four")
    assert [body for _, _, body in after.waiting()][-1] == b"four"
    assert len(after) == 4


def test_events_overtake_readings_in_memory_too():
    store = Memory()
    store.put("readings", b"one")
    store.put("events", b"first")
    assert [body for _, _, body in store.waiting()] == [b"first", b"one"]


def test_a_secret_does_not_travel_in_the_clear():
    with pytest.raises(Unsafe):
        Pen(
            Identity(
                host="pens.example",
                port=1883,
                device_id=IDENTITY.device_id,
                clinic_id=IDENTITY.clinic_id,
                secret="none",
            )
        )
