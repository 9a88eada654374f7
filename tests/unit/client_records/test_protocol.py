"""The protocol keeps its order and asks for its evidence."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client_records.domain.evidence import EvidenceMissing, check, moment, text, whole
from services.client_records.domain.plans import Limit
from services.client_records.domain.protocol import (
    BY_ID,
    STEPS,
    Barred,
    Done,
    StepBlocked,
    StepOutOfOrder,
    StepsMissing,
    StepUnknown,
    missing,
    require_complete,
    require_step,
)
from services.client_records.domain.sessions import (
    Cartridge,
    CartridgeExpired,
    NotArrived,
    ScreeningRequired,
    require_arrived,
    require_in_date,
    require_screened,
)

CHEEK, ABDOMEN = 8, 15
PLAN = (Limit(CHEEK, 1000, 1150, 2),)
BODY_PLAN = (Limit(ABDOMEN, 1500, 1650, 2),)
STARTED = [Done("PROC-01"), Done("PROC-02")]
NOTHING = Barred()


def proof(step, **changes):
    fields = {field.name: field.example for field in BY_ID[step].evidence}
    return fields | ({"zone": CHEEK} if step == "PROC-10" else {}) | changes


def up_to(step):
    """Return what is done when a step is next."""
    before = [each.id for each in STEPS if each.mandatory and each.number < BY_ID[step].number]
    return [Done(each, CHEEK if each == "PROC-10" else None) for each in before]


def may(step, done, *, plan=PLAN, barred=NOTHING, broken_off=False, **changes):
    return require_step(step, proof(step, **changes), done, plan, barred, broken_off=broken_off)


def test_there_are_sixteen_steps_in_order():
    assert [step.id for step in STEPS] == [f"PROC-{n:02}" for n in range(1, 17)]


@pytest.mark.parametrize("step", [s.id for s in STEPS if s.number > 2 and s.id != "PROC-07"])
def test_each_step_may_follow_the_mandatory_ones_before_it(step):
    assert may(step, up_to(step)).id == step


@pytest.mark.parametrize("step", [s.id for s in STEPS if 3 < s.number < 16])
def test_no_step_overtakes_the_device_check(step):
    with pytest.raises(StepOutOfOrder):
        may(step, STARTED)


@pytest.mark.parametrize("step", ["PROC-01", "PROC-02", "PROC-99", "4"])
def test_what_is_no_step_by_hand_is_refused(step):
    with pytest.raises(StepUnknown):
        require_step(step, {}, STARTED, PLAN, NOTHING)


def test_nothing_is_recorded_twice_but_needling():
    done = up_to("PROC-04")
    with pytest.raises(StepOutOfOrder, match="already"):
        may("PROC-03", done)
    assert may("PROC-10", [*up_to("PROC-10"), Done("PROC-10", CHEEK)])


def test_a_peel_after_the_disinfection_comes_too_late():
    with pytest.raises(StepOutOfOrder, match="comes before"):
        may("PROC-05", [*up_to("PROC-08"), Done("PROC-08")])


def test_numbing_cream_comes_off_before_the_disinfection():
    on = [*up_to("PROC-06"), Done("PROC-06", at=datetime(2030, 1, 7, 10, tzinfo=UTC))]
    with pytest.raises(StepOutOfOrder, match="numbing cream off"):
        may("PROC-08", on)
    assert may("PROC-07", on, removed_at="2030-01-07T10:30:00Z")
    with pytest.raises(StepBlocked, match="before it came on"):
        may("PROC-07", on, removed_at="2030-01-07T09:30:00Z")


def test_cream_that_never_came_on_does_not_come_off():
    with pytest.raises(StepOutOfOrder, match="No numbing cream"):
        may("PROC-07", up_to("PROC-07"))


def test_findings_take_steps_and_products_out():
    barred = Barred(frozenset({"PROC-06"}), frozenset({"povidone_iodine"}))
    with pytest.raises(StepBlocked, match="finding"):
        may("PROC-06", up_to("PROC-06"), barred=barred)
    with pytest.raises(StepBlocked, match="allergic"):
        may("PROC-08", up_to("PROC-08"), barred=barred)
    assert may("PROC-08", up_to("PROC-08"), barred=barred, product="hypochlorous_acid")


def test_chlorhexidine_is_for_the_body_only():
    with pytest.raises(StepBlocked, match="eyes or ears"):
        may("PROC-08", up_to("PROC-08"), product="chlorhexidine")
    assert may("PROC-08", up_to("PROC-08"), plan=BODY_PLAN, product="chlorhexidine")


def test_needling_keeps_to_the_plan():
    assert may("PROC-10", up_to("PROC-10"), depth_um=1000)
    with pytest.raises(StepBlocked, match="allows 1000"):
        may("PROC-10", up_to("PROC-10"), depth_um=1001)
    with pytest.raises(StepBlocked, match="not in this session's plan"):
        may("PROC-10", up_to("PROC-10"), zone=ABDOMEN)


def test_a_glide_that_is_not_sterile_is_no_evidence():
    with pytest.raises(EvidenceMissing, match="sterile"):
        may("PROC-09", up_to("PROC-09"), sterile=False)


def test_an_incident_is_recorded_whenever_it_happens():
    assert may("PROC-16", STARTED).id == "PROC-16"
    assert may("PROC-03", [*STARTED, Done("PROC-16")]).id == "PROC-03"


def test_a_treatment_that_was_broken_off_may_close_at_once():
    assert may("PROC-14", STARTED, broken_off=True).closing


def test_completion_needs_every_planned_zone():
    plan = (*PLAN, Limit(1, 500, 650, 1))
    everything = [Done(s.id, CHEEK if s.id == "PROC-10" else None) for s in STEPS if s.mandatory]
    require_complete(everything, PLAN)
    with pytest.raises(StepsMissing, match="needling"):
        require_complete(everything, plan)
    assert missing(everything, plan) == ["PROC-10"]


def test_completion_needs_the_cream_to_be_off():
    everything = [Done(s.id, CHEEK if s.id == "PROC-10" else None) for s in STEPS if s.mandatory]
    assert missing([*everything, Done("PROC-06")], PLAN) == ["PROC-07"]


@given(st.permutations([s.id for s in STEPS if s.mandatory and s.number > 2]))
def test_only_one_order_of_the_mandatory_steps_is_accepted(order):
    done = list(STARTED)
    for step in order:
        expected = next(
            s.id for s in STEPS if s.mandatory and s.id not in {each.step for each in done}
        )
        if step != expected:
            with pytest.raises(StepOutOfOrder):
                may(step, done)
            return
        may(step, done)
        done.append(Done(step, CHEEK if step == "PROC-10" else None))


@pytest.mark.parametrize("value", [None, 7, "", " ", "x" * 201, ["x"], {"a": 1}])
def test_words_are_words(value):
    with pytest.raises(EvidenceMissing, match="needs lot"):
        check([text("lot")], {"lot": value}, "Disinfect")


@pytest.mark.parametrize("value", [True, 1.0, "1", -1, 11, None])
def test_numbers_are_numbers_in_their_range(value):
    with pytest.raises(EvidenceMissing):
        check([whole("zone", 10)], {"zone": value}, "Needling")


@pytest.mark.parametrize("value", ["2030-01-07T10:00:00", "today", 5, None, "0001-01-01T00:00:00Z"])
def test_times_say_their_offset(value):
    with pytest.raises(EvidenceMissing):
        check([moment("applied_at")], {"applied_at": value}, "Numbing cream")


def test_facts_that_do_not_belong_are_refused_without_naming_them():
    with pytest.raises(EvidenceMissing) as refused:
        check([], {"diagnosis": "x"}, "Cleanse")
    assert "diagnosis" not in str(refused.value)


# around the start


@pytest.mark.parametrize("status", ["booked", "confirmed", "cancelled", "missed", "completed"])
def test_only_who_is_here_is_treated(status):
    with pytest.raises(NotArrived):
        require_arrived(status)


def test_a_screening_serves_for_a_day():
    now = datetime(2030, 1, 7, 10, tzinfo=UTC)
    require_screened(now - timedelta(hours=24), now)
    with pytest.raises(ScreeningRequired):
        require_screened(now - timedelta(hours=24, seconds=1), now)


def test_a_cartridge_serves_through_its_last_day():
    cartridge = Cartridge("L", "S", date(2030, 1, 7))
    require_in_date(cartridge, date(2030, 1, 7))
    with pytest.raises(CartridgeExpired):
        require_in_date(cartridge, date(2030, 1, 8))
