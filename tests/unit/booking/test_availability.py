"""When a treatment can begin: hours, people, rooms, pens, skin and screening."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain.availability import Board
from services.booking.domain.refusals import REASONS, error
from services.booking.domain.situation import Client, Recovery, Screening
from tests.unit.booking.builders import (
    MONDAY,
    a_clinic,
    a_device,
    a_practitioner,
    a_room,
    a_situation,
    a_treatment,
    an_id,
    busy,
)


def at(clock: str, days: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=days, hours=hour, minutes=minute)


def clocks(board):
    return [f"{each['starts_at']:%H:%M}" for each in board.times()]


def reasons(when="10:00", **changes):
    return Board(a_situation(**changes)).reasons(at(when))


def test_day_lists_every_quarter_from_opening_to_the_last_full_hour():
    found = clocks(Board(a_situation()))
    assert (found[0], found[-1], len(found)) == ("09:00", "17:00", 33)


def test_time_names_who_is_free_and_when_it_ends():
    second = a_practitioner(id=an_id(30), busy=busy(at("10:00"), 60))
    board = Board(a_situation(practitioners=(a_practitioner(), second)))
    first, ten = board.times()[0], board.times()[4]
    assert first["practitioner_ids"] == [an_id(3), an_id(30)]
    assert ten == {
        "starts_at": at("10:00"),
        "ends_at": at("11:00"),
        "practitioner_ids": [an_id(3)],
    }


def test_taken_hour_is_free_again_at_its_very_end():
    board = Board(a_situation(rooms=(a_room(busy=busy(at("10:00"), 60)),)))
    assert "09:00" in clocks(board)
    assert not {"09:15", "10:00", "10:45"} & set(clocks(board))
    assert "11:00" in clocks(board)


def test_set_up_and_clean_down_are_kept_free_too():
    treatment = a_treatment(buffer_before_minutes=15, buffer_after_minutes=15)
    person = a_practitioner(busy=busy(at("12:00"), 60))
    found = clocks(Board(a_situation(treatment=treatment, practitioners=(person,))))
    assert found[0] == "09:00"
    assert "10:45" in found
    assert "11:00" not in found
    assert "13:00" not in found
    assert "13:15" in found


def test_turnover_counts_for_the_room_alone():
    room = a_room(turnover_minutes=30, busy=busy(at("12:00"), 60))
    found = clocks(Board(a_situation(rooms=(room,))))
    assert "10:30" in found
    assert "10:45" not in found


def test_any_free_room_and_any_free_pen_will_do():
    rooms = (a_room(busy=busy(at("10:00"), 60)), a_room(id=an_id(40), name="Room 2"))
    pens = (a_device(), a_device(id=an_id(50), busy=busy(at("10:00"), 60)))
    board = Board(a_situation(rooms=rooms, devices=pens))
    place = board.place(at("10:00"))
    assert (place.room.id, place.device.id) == (an_id(40), an_id(5))
    kept = board.place(at("12:00"), frozenset({an_id(40), an_id(50)}))
    assert (kept.room.id, kept.device.id) == (an_id(40), an_id(50))


def test_practitioners_have_a_usual_room_each_and_take_another_while_it_is_taken():
    rooms = tuple(a_room(id=an_id(40 + n), name=f"Room {n}") for n in range(3))

    def room_of(person, rooms=rooms):
        people = (a_practitioner(id=an_id(person)),)
        return Board(a_situation(practitioners=people, rooms=rooms)).place(at("10:00")).room.name

    usual = [room_of(person) for person in range(3)]
    assert sorted(usual) == ["Room 0", "Room 1", "Room 2"]
    taken = (a_room(id=an_id(40), name="Room 0", busy=busy(at("10:00"), 60)), *rooms[1:])
    for person, room in enumerate(usual):
        instead = room_of(person, taken)
        assert instead == room or (room == "Room 0" and instead != room)


def test_treatment_without_device_takes_none():
    board = Board(a_situation(treatment=a_treatment(needs_device=False), devices=()))
    assert board.reasons(at("10:00")) == []
    assert board.place(at("10:00")).device is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"now": at("10:01")}, ["in_the_past"]),
        ({"now": at("09:50"), "clinic": a_clinic(lead_minutes=60)}, ["too_soon"]),
        ({"now": at("09:59"), "clinic": a_clinic(horizon_days=1)}, []),
        ({"now": at("09:59", -1), "clinic": a_clinic(horizon_days=1)}, ["too_far_ahead"]),
        ({"clinic": a_clinic(hours=())}, ["outside_hours"]),
        ({"clinic": a_clinic(step_minutes=45)}, ["between_steps"]),
        ({"client": Client(an_id(9), busy(at("10:30"), 30))}, ["client_busy"]),
        ({"practitioners": ()}, ["credential_missing"]),
        ({"practitioners": (a_practitioner(hours=()),)}, ["practitioner_off"]),
        ({"practitioners": (a_practitioner(busy=busy(at("10:45"), 5)),)}, ["practitioner_busy"]),
        ({"rooms": ()}, ["no_room"]),
        ({"rooms": (a_room(busy=busy(at("09:00"), 61)),)}, ["room_held"]),
        ({"devices": ()}, ["device_unfit"]),
        ({"devices": (a_device(fit=False),)}, ["device_unfit"]),
        ({"devices": (a_device(offline=True),), "now": at("09:00")}, ["device_offline"]),
        ({"devices": (a_device(offline=True),), "now": at("07:00")}, []),
        ({"devices": (a_device(busy=busy(at("10:00"), 15)),)}, ["device_busy"]),
    ],
)
def test_each_refusal_has_its_reason(changes, expected):
    assert reasons(**changes) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"credential": "physiotherapist"},
        {"max_depth_face_um": None},
        {"max_depth_face_um": 999},
        {"valid_until": None},
        {"valid_until": date(2030, 1, 6)},
    ],
)
def test_what_a_credential_does_not_say_is_not_allowed(changes):
    assert reasons(practitioners=(a_practitioner(**changes),)) == ["credential_missing"]


def test_credential_holds_until_the_end_of_its_last_day():
    person = a_practitioner(valid_until=date(2030, 1, 7))
    assert reasons("17:00", practitioners=(person,)) == []


@pytest.mark.parametrize(
    ("until", "expected"), [(date.max, []), (date.min, ["credential_missing"])]
)
def test_credential_may_end_at_the_end_of_time(until, expected):
    assert reasons(practitioners=(a_practitioner(valid_until=until),)) == expected


@pytest.mark.parametrize("year", [1900, 2200])
@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_far_away_years_are_only_too_far(year, zone):
    begins = datetime(year, 1, 1, tzinfo=UTC)
    board = Board(
        a_situation(
            clinic=a_clinic(zone=ZoneInfo(zone)),
            starts_from=begins,
            starts_until=begins + timedelta(days=1),
        )
    )
    assert board.times() == []
    assert board.reasons(begins)[0] in {"in_the_past", "too_far_ahead"}


def test_body_treatment_looks_at_the_depth_for_bodies():
    person = a_practitioner(max_depth_face_um=None)
    assert reasons(practitioners=(person,), treatment=a_treatment(area="body")) == []


def recovering(starts_at, recovered_at):
    return Client(an_id(9), (), (Recovery(starts_at, recovered_at),))


def test_skin_recovers_until_the_morning_of_the_day():
    client = recovering(at("15:00", -28), MONDAY)
    assert reasons("09:00", client=client) == []
    later = recovering(at("15:00", -27), MONDAY + timedelta(days=1))
    assert reasons("17:00", client=later) == ["skin_recovering"]


def test_session_too_soon_before_a_booked_one_is_refused_as_well():
    assert reasons(client=recovering(at("09:00", 27), at("00:00", 55))) == ["skin_recovering"]
    assert reasons("17:00", client=recovering(at("09:00", 28), at("00:00", 56))) == []


def test_refusal_says_from_when_the_skin_has_recovered_of_all_sessions():
    first = Recovery(at("10:00", -10), at("00:00", 18))
    second = Recovery(at("10:00", 20), at("00:00", 48))
    situation = a_situation(client=Client(an_id(9), (), (second, first)))
    refused = error(situation, at("10:00"), ["skin_recovering"])
    assert refused.members["not_before"] == at("00:00", 48)
    assert str(refused).endswith("Book from Sunday 24 February 2030.")


@pytest.mark.parametrize(
    ("screening", "expected"),
    [
        (Screening("clear", None), []),
        (Screening("review", None), []),
        (Screening("refuse", None), ["screening_refused"]),
        (Screening("defer", None), ["screening_deferred"]),
        (Screening("defer", at("10:15")), ["screening_deferred"]),
        (Screening("defer", at("10:00")), []),
        (None, []),
    ],
)
def test_screening_decides(screening, expected):
    assert reasons(client=Client(an_id(9)), screening=screening) == expected


def test_policy_may_ask_for_a_screening_first():
    clinic = a_clinic(screening_first=True)
    assert reasons(client=Client(an_id(9)), clinic=clinic) == ["screening_required"]
    assert reasons(clinic=clinic) == []


def test_deferral_that_is_over_asks_to_screen_again():
    assert Screening("defer", at("10:00")).said_of(at("10:00")) == "pending"
    assert Screening("defer", at("10:00")).said_of(at("09:59")) == "defer"
    assert Screening("defer", None).said_of(at("10:00")) == "defer"


def test_seconds_are_between_the_steps():
    board = Board(a_situation())
    assert board.reasons(at("10:00") + timedelta(seconds=1)) == ["between_steps"]


def test_refused_lists_what_lies_in_the_opening_hours_and_all_its_reasons():
    board = Board(
        a_situation(
            rooms=(a_room(busy=busy(at("10:00"), 60)),),
            devices=(a_device(busy=busy(at("10:00"), 60)),),
        )
    )
    refused = board.refused()
    assert [f"{each['starts_at']:%H:%M}" for each in refused] == [
        "09:15",
        "09:30",
        "09:45",
        "10:00",
        "10:15",
        "10:30",
        "10:45",
    ]
    assert {tuple(each["reasons"]) for each in refused} == {("room_held", "device_busy")}


def test_listed_and_refused_share_no_time_and_miss_none():
    board = Board(a_situation(practitioners=(a_practitioner(busy=busy(at("12:00"), 90)),)))
    listed = {each["starts_at"] for each in board.times()}
    refused = {each["starts_at"] for each in board.refused()}
    assert not listed & refused
    assert len(listed | refused) == 33


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("chosen", [True, False])
def test_every_reason_has_a_sentence(reason, chosen):
    client = recovering(at("10:00", -1), at("00:00", 27))
    screening = Screening("defer", at("00:00", 3))
    refused = error(
        a_situation(client=client, screening=screening, chosen=chosen), at("10:00"), [reason]
    )
    assert str(refused).endswith(".")
    assert str(refused)[0].isupper() or str(refused)[0].isdigit()
    assert refused.members["reasons"] == [reason]


def test_every_reason_of_the_board_is_in_the_table():
    boards = [
        Board(
            a_situation(
                rooms=(), devices=(), practitioners=(), client=recovering(MONDAY, at("00:00", 28))
            )
        ),
        Board(a_situation(client=Client(an_id(9)), clinic=a_clinic(screening_first=True))),
    ]
    assert {reason for board in boards for reason in board.refusals} <= set(REASONS)


def test_midnight_in_utc_is_no_border():
    tokyo = a_clinic(zone=ZoneInfo("Asia/Tokyo"))
    board = Board(a_situation(clinic=tokyo, starts_from=datetime(2030, 1, 6, 12, tzinfo=UTC)))
    assert f"{board.times()[0]['starts_at']:%d %H:%M}" == "07 00:00"
