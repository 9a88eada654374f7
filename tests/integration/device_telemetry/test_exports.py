"""A session's readings as files: every sample once, readable by others, for its own clinic only."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pyarrow import parquet

from deploy.devicekit.wire import as_binary
from services.device_telemetry.api import exports as edge
from services.device_telemetry.usecases import exports
from shared import ids
from shared.http.readers import TooSlow, in_time
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

CHEEK, NOSE = 8, 6
HEAD = [
    *("at", "boot_id", "sample", "zone", "depth_um", "speed_rpm", "current_ma"),
    *("temperature_cc", "battery_permille", "limit_um"),
]


@pytest.fixture
def session(fleet, pen, monkeypatch):
    """A session of two boots with a hole, in parts of some batches; and what is in it."""
    monkeypatch.setattr(exports, "PART", 25)
    session_id, at = fleet.session(pen, {CHEEK: 650}), just_now()
    bodies, sent = [], []
    for boot_id, seq, n in [(3, 0, 10), (3, 10, 7), (3, 40, 12), (17, 0, 20), (17, 20, 1)]:
        begins = at + timedelta(seconds=4 if boot_id == 17 else 0, milliseconds=100 * seq)
        zones = [CHEEK if i % 3 else NOSE for i in range(n)]
        depths = [-20 + 31 * i for i in range(n)]
        facts = {"boot_id": boot_id, "seq": seq, "n": n, "t0": begins, "session_id": session_id}
        batch = a_batch(at, **facts, zone=zones, depth_um=depths)
        bodies.append(as_binary(batch))
        for i in range(n):
            moment = begins + timedelta(milliseconds=100 * i)
            limit = 650 if zones[i] == CHEEK else None
            sent.append(
                (moment, boot_id, seq + i, zones[i], depths[i], 6600, 180, 3120, 870, limit)
            )
    arrive(pen.topic(), bodies)
    return session_id, sorted(sent)


def get(fleet, session_id, kind, person=people.PRIYA):
    return fleet.http.as_(person).get(f"/v1/sessions/{session_id}/export.{kind}")


def test_a_csv_file_holds_every_sample_once(fleet, session):
    session_id, sent = session
    answer = get(fleet, session_id, "csv")
    head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert head == HEAD
    read = [
        (datetime.fromisoformat(at), *map(int, numbers), int(limit) if limit else None)
        for at, *numbers, limit in rows
    ]
    assert sorted(read, key=lambda row: row[:3]) == sent
    assert answer.mimetype == "text/csv"
    assert f"session-{session_id}.csv" in answer.headers["Content-Disposition"]


def test_a_parquet_file_holds_the_same_as_the_csv_file(fleet, session, pen):
    session_id, sent = session
    answer = get(fleet, session_id, "parquet")
    file = parquet.ParquetFile(io.BytesIO(answer.data))
    read = [tuple(row.values()) for row in file.read().to_pylist()]
    assert file.schema_arrow.names == HEAD
    assert sorted(read, key=lambda row: row[:3]) == sent
    assert file.num_row_groups > 1
    about = json.loads(file.schema_arrow.metadata[b"session"])
    assert (about["session_id"], about["device_id"]) == (str(session_id), str(pen.id))
    assert about["limits"] == [{"zone": 8, "depth_um": 550, "limit_um": 650, "passes": 2}]
    assert read[0][0].tzinfo is not None
    assert read[0][0].astimezone(UTC) == sent[0][0]


def test_a_session_without_readings_is_a_file_without_rows(fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    assert get(fleet, session_id, "csv").text == ",".join(HEAD) + "\r\n"
    file = parquet.read_table(io.BytesIO(get(fleet, session_id, "parquet").data))
    assert (file.num_rows, file.column_names) == (0, HEAD)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_are_for_the_sessions_own_clinicians(fleet, session, kind):
    session_id, _ = session
    asked = {each.name: get(fleet, session_id, kind, each).status_code for each in people.EVERYONE}
    assert asked == {
        "Alice": 200,
        "Priya": 200,
        "Bob": 403,
        "Charlie": 404,
        "Hanna": 403,
        "Ana": 403,
    }
    assert get(fleet, ids.new(), kind).status_code == 404


def test_who_took_readings_along_is_in_the_log(fleet, session, capsys):
    session_id, _ = session
    capsys.readouterr()
    answer = get(fleet, session_id, "csv")
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [told] = [line for line in lines if line["event"] == "readings exported"]
    assert (told["kind"], told["session_id"]) == ("csv", str(session_id))
    assert told["actor_id"] == str(people.PRIYA.id)


def test_only_so_many_files_are_written_at_once_and_a_seat_comes_back(fleet, session, monkeypatch):
    session_id, _ = session
    with edge.SEATS.one(), edge.SEATS.one():
        refused = get(fleet, session_id, "csv")
    assert (refused.status_code, refused.json["retry_after_s"]) == (429, 5)
    for _ in range(5):
        assert get(fleet, session_id, "csv").status_code == 200


def test_readers_who_stop_give_their_seats_to_those_who_wait(fleet, session, monkeypatch):
    session_id, sent = session
    path = f"/v1/sessions/{session_id}/export.csv"
    clock = [0.0]
    monkeypatch.setattr(edge, "in_time", partial(in_time, clock=lambda: clock[0]))
    slow = [fleet.http.as_(people.PRIYA).get(path, buffered=False) for _ in range(2)]
    files = [each.iter_encoded() for each in slow]
    begun = [next(file) for file in files]
    assert get(fleet, session_id, "csv").status_code == 429
    clock[0] += 3600
    for answer, file in zip(slow, files, strict=True):
        with pytest.raises(TooSlow):
            next(file)
        answer.close()
    whole = get(fleet, session_id, "csv")
    assert (whole.status_code, len(whole.text.splitlines())) == (200, 1 + len(sent))
    assert all(whole.data.startswith(each) for each in begun)
