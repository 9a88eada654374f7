"""The needling in the story, as pen, practitioner and headquarters see it: from limits to chart."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from pyarrow import parquet

from tests.patience import until
from tests.system.outside import Pen, Stream

ZONE, DEPTH_UM, FAR_TOO_DEEP_UM = 8, 500, 1400
TELEMETRY, RECORDS = "/api/device-telemetry/v1", "/api/client-records/v1"
COUNT, OVER = 100, range(40, 60)  # samples of a batch, and those that are far too deep


def needle(story, stream: Stream) -> None:
    """The pen hears its limits, goes too deep and is stopped; everybody sees it, one looks."""
    device = story.device["id"]
    live = Stream(story.practitioner, f"/live/devices/{device}")
    pen = Pen(story.platform, story.device)
    try:
        hear_the_limits(story, pen)
        pen.say("readings", batch(story))
        alarm = until(
            lambda: stream.seen("alarm", device_id=device, kind="depth_over_limit"),
            what="the alarm at headquarters",
        )
        assert alarm["clinic_id"] == story.clinic["id"]
        obey_the_stop(story, pen)
        until(
            lambda: any(str(story.session["id"]) in str(said) for _, said in live.events),
            what="the live view to show the pen in its session",
        )
        acknowledge(story)
        send_the_batch_again(story, pen)
        read_the_trace(story)
    finally:
        pen.close()
        live.close()


def hear_the_limits(story, pen: Pen) -> None:
    told = until(lambda: heard(pen, "set_limits"), what="the pen to hear its limits")
    assert told["session_id"] == story.session["id"]
    [limit] = told["limits"]
    assert limit["zone"] == ZONE
    assert DEPTH_UM <= limit["limit_um"] < FAR_TOO_DEEP_UM
    story.session["limit_um"] = limit["limit_um"]
    answer(story, pen, told, 1)


def obey_the_stop(story, pen: Pen) -> None:
    stop = until(lambda: heard(pen, "stop"), what="the pen to be told to stop")
    assert stop["reason"] == "depth_over_limit"
    answer(story, pen, stop, 2)
    until(lambda: the_alarm(story)["device_stopped"], what="the alarm to say that it stopped")


def acknowledge(story) -> None:
    """The practitioner has seen it; the alarm names them, and stays until it is over."""
    path = f"{TELEMETRY}/alarms/{the_alarm(story)['id']}/acknowledge"
    seen = story.practitioner.post(path, expect=200)
    assert seen["acknowledged_by"] == story.practitioner_id


def send_the_batch_again(story, pen: Pen) -> None:
    """A repeat, and then other readings under its numbers: only the second is set aside."""
    pen.say("readings", batch(story))
    pen.say("readings", batch(story) | {"temperature_cc": [9999] * COUNT})
    path = f"{TELEMETRY}/devices/{story.device['id']}/set-aside"
    manager = story.platform.sign_in("clinic_manager", story.clinic["id"])
    found = until(lambda: manager.get(path)["items"], what="the contradiction to be set aside")
    assert [each["reason"] for each in found] == ["contradicts"]


def read_the_trace(story) -> None:
    path = f"{TELEMETRY}/sessions/{story.session['id']}/trace?points=50"
    until(lambda: story.practitioner.ask("GET", path).status_code == 200, what="the trace")
    assert str(FAR_TOO_DEEP_UM) in story.practitioner.ask("GET", path).text


def read_what_was_delivered(story) -> None:
    """The chart shows what the pen measured, as telemetry's own summary and its export do."""
    session = story.session["id"]
    chart = until(
        lambda: story.practitioner.get(f"{RECORDS}/sessions/{session}")["delivered"],
        what="the chart to show what was delivered",
    )
    [zone] = chart
    assert (zone["zone"], zone["samples"], zone["depth_max_um"]) == (ZONE, COUNT, FAR_TOO_DEEP_UM)
    assert zone["over_limit_permille"] == 1000 * len(OVER) // COUNT
    summary = story.practitioner.get(f"{TELEMETRY}/sessions/{session}/summary")
    assert summary["state"] == "completed"
    assert summary["zones"] == chart
    assert summary["gaps"] == 0
    take_the_readings_along(story)


def take_the_readings_along(story) -> None:
    """Every sample is in the file, once, with the limit that it was held against."""
    path = f"{TELEMETRY}/sessions/{story.session['id']}/export"
    written = story.practitioner.ask("GET", f"{path}.csv", 200)
    rows = list(csv.DictReader(io.StringIO(written.text)))
    assert [int(row["sample"]) for row in rows] == list(range(COUNT))
    assert [int(row["depth_um"]) for row in rows] == batch(story)["depth_um"]
    assert {int(row["limit_um"]) for row in rows} == {story.session["limit_um"]}
    packed = story.practitioner.ask("GET", f"{path}.parquet", 200).content
    assert parquet.read_table(io.BytesIO(packed)).num_rows == COUNT
    story.desk.ask("GET", f"{path}.csv", 403)


def the_alarm(story) -> dict[str, Any]:
    query = {"clinic_id": story.clinic["id"]}
    listed = story.practitioner.get(f"{TELEMETRY}/alarms", params=query)["items"]
    return next(
        each
        for each in listed
        if each["session_id"] == story.session["id"] and each["kind"] == "depth_over_limit"
    )


def heard(pen: Pen, command: str) -> dict[str, Any] | None:
    return next((each for each in pen.commands if each["command"] == command), None)


def answer(story, pen: Pen, command: dict[str, Any], seq: int) -> None:
    said = {"v": 1, "boot_id": boot(story), "seq": seq, "at": datetime.now(UTC).isoformat()}
    pen.say("events", {**said, "event": "command_done", "command_id": command["id"]})


def boot(story) -> int:
    return int(story.mark[:6], 16)


def batch(story) -> dict[str, Any]:
    """Ten seconds of needling; in the middle it is far too deep.  The same each time."""
    began = story.session.setdefault(
        "needled_at",
        (datetime.now(UTC) - timedelta(seconds=10)).isoformat(timespec="milliseconds"),
    )
    return {
        "v": 1,
        "boot_id": boot(story),
        "seq": 0,
        "session_id": story.session["id"],
        "t0": began,
        "uptime_ms": 60_000,
        "cartridge_serial": f"SN-{story.mark}",
        "dt_ms": [100 * n for n in range(COUNT)],
        "zone": [ZONE] * COUNT,
        "depth_um": [FAR_TOO_DEEP_UM if n in OVER else DEPTH_UM for n in range(COUNT)],
        "speed_rpm": [6600] * COUNT,
        "current_ma": [180] * COUNT,
        "temperature_cc": [3120] * COUNT,
        "battery_permille": [870] * COUNT,
    }
