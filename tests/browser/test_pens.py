"""The pens as they work, and what one did in a session: streams and traces in a real browser."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from deploy.devicekit.wire import as_binary
from services.device_telemetry.usecases import devices, places, readings, sessions
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, ids
from shared.schemas.devices import NewDevice
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_fitness import SIZES, axe
from tests.integration.device_telemetry.readings import a_batch

ALICE, BOB = "alice@needlepoint.example", "bob@needlepoint.example"
PRIYA = "priya@needlepoint.example"
CHEEK, NOSE = 8, 6


class Hand:
    """A pen in somebody's hand: what it sends comes in as the ingest process brings it in."""

    def __init__(self, franchise, name):
        self.franchise, self.name, self.seq = franchise, name, 0
        self.id, self.session, self.clinic = ids.new(), ids.new(), franchise.clinics["Soho"]
        today = clock.now().date()
        wanted = {
            "clinic_id": self.clinic,
            "name": name,
            "model": "dermapen-4",
            "serial": str(self.id),
            "calibrated_on": str(today),
            "calibration_due_on": str(today + timedelta(days=300)),
            "tolerance_um": 100,
        }
        with franchise.telemetry() as tx:
            devices.register(tx, NewDevice().load(wanted), self.id, clock.now())

    def begin(self, limits):
        started = {
            "session_id": self.session,
            "clinic_id": UUID(self.clinic),
            "device_id": self.id,
            "started_at": clock.now(),
            "cartridge": {"lot": "L1", "serial": str(self.session), "expires_on": None},
            "limits": [
                {"zone": zone, "depth_um": um - 100, "limit_um": um, "passes": 2}
                for zone, um in limits.items()
            ],
        }
        started["cartridge"]["expires_on"] = clock.now().date() + timedelta(days=300)
        with self.franchise.telemetry() as tx:
            sessions.begin(tx, started, clock.now())

    def needle(self, depth_um, *, zone=CHEEK, ago_s=1, seconds=1):
        """Let some seconds of needling arrive, the first of them so long ago."""
        topic = f"pens.{self.clinic}.{self.id}.readings"
        messages = []
        for second in range(seconds):
            at = clock.now() - timedelta(seconds=ago_s - second)
            depths = [depth_um - 10 * (i % 3) for i in range(9)] + [depth_um]
            facts = {"seq": self.seq, "t0": at, "session_id": self.session, "zone": zone}
            batch = a_batch(at, **facts, depth_um=depths)
            messages.append(Message(topic, as_binary(batch)))
            self.seq += 10
        with self.franchise.telemetry() as tx:
            readings.store(tx, messages, clock.now())


@pytest.fixture(scope="module")
def hand(franchise):
    """A pen that treats: half a minute of forehead and cheek, some of it too deep."""
    made = Hand(franchise, "Pen of Priya")
    made.begin({CHEEK: 650, NOSE: 400})
    made.needle(500, ago_s=300, seconds=40)
    made.needle(330, zone=NOSE, ago_s=250, seconds=50)
    made.needle(820, ago_s=190, seconds=2)
    made.needle(560, ago_s=180, seconds=120)
    return made


@pytest.fixture
def page(person, franchise, hand):
    page = person(PRIYA)
    page.get_by_role("link", name="Pens").click()
    expect(page.locator("[data-badge]")).to_have_text("Live")
    return page


def card(page, hand):
    return page.locator(f"#pen-{hand.id}")


def test_a_pen_is_seen_at_work_with_its_limit(page, hand):
    until_seen(page, hand, 510, "0.51")
    told = card(page, hand)
    expect(told).to_contain_text("of at most 0.65 mm: cheek")
    expect(told.locator("[data-field=speed]")).to_have_text("6600 rpm")
    expect(told.locator("[data-field=zone]")).to_have_text("Cheek")
    until_seen(page, hand, 320, "0.32", zone=NOSE)
    expect(told).to_contain_text("of at most 0.40 mm: nose")


def test_too_deep_is_said_in_words_and_to_who_listens(page, hand):
    until_seen(page, hand, 940, "0.94")
    told = card(page, hand)
    expect(told.locator("[data-field=over]")).to_be_visible()
    expect(told.locator(".alarms")).to_contain_text("Too deep")
    expect(page.locator("[data-alert]")).to_contain_text("Pen of Priya: Too deep")
    until_seen(page, hand, 480, "0.48")
    expect(told.locator("[data-field=over]")).to_be_hidden()


def until_seen(page, hand, depth_um, shown, **where):
    """Needle until the page shows it: a reading of a slow machine may be old when it arrives."""
    value = card(page, hand).locator("[data-field=depth]")
    for _ in range(30):
        hand.needle(depth_um, **where)
        try:
            return expect(value).to_have_text(shown, timeout=2_000)
        except AssertionError:
            continue
    return expect(value).to_have_text(shown)


def test_a_trace_is_drawn_with_limits_and_what_went_beyond(page, hand):
    card(page, hand).get_by_role("link", name=re.compile("Trace of this session")).click()
    drawing = page.get_by_role("img", name=re.compile("Depth over time"))
    expect(drawing).to_be_visible()
    assert page.locator(".trace .limit").count() >= 3
    assert page.locator(".trace .beyond").count() >= 1
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Nose"))
    expect(row).to_contain_text("0.4 mm")
    page.set_viewport_size({"width": 320, "height": 800})
    for each in page.locator(".trace .beyond").all():
        expect(each).to_be_in_viewport()  # on a phone, too, nobody scrolls to what went too deep


def test_a_trace_is_read_closer_with_the_keyboard_and_without_scripts(person, hand):
    page = person(PRIYA, java_script_enabled=False)
    page.goto(f"/pens/sessions/{hand.session}")
    whole = page.locator("#trace-title").inner_text()
    closer = page.get_by_role("link", name="Closer")
    closer.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#trace-title")).not_to_have_text(whole)
    expect(page.get_by_role("link", name="← Earlier")).to_be_visible()
    page.get_by_role("link", name="Whole", exact=True).click()
    expect(page.locator("#trace-title")).to_have_text(whole)


def test_every_sample_of_a_session_is_handed_out_as_a_file(person, hand):
    page = person(PRIYA)
    page.goto(f"/pens/sessions/{hand.session}")
    for word, begins in (("CSV", b"at,"), ("Parquet", b"PAR1")):
        with page.expect_download() as begun:
            page.get_by_role("link", name=word, exact=True).click()
        assert begun.value.suggested_filename == f"session-{hand.session}.{word.lower()}"
        assert Path(begun.value.path()).read_bytes().startswith(begins)
    address = f"/pens/sessions/{hand.session}/export"
    assert page.request.get(f"{address}.txt").status == 404
    assert page.request.get(f"/pens/sessions/{ids.new()}/export.csv").status == 404
    assert person(BOB).request.get(f"{address}.csv").status == 403


def test_a_session_is_drawn_where_it_was_though_its_pen_has_moved_on(person, franchise):
    pen = Hand(franchise, "Pen that leaves")
    pen.begin({CHEEK: 650})
    pen.needle(500, ago_s=200, seconds=3)
    lisbon = UUID(franchise.clinics["Lisbon Chiado"])
    with franchise.telemetry() as tx:
        ended = {"session_id": pen.session, "ended_at": clock.now()} | {
            "device_id": pen.id,
            "clinic_id": UUID(pen.clinic),
        }
        sessions.end(tx, ended, "completed", clock.now())
        places.move(tx, places.hold(tx, pen.id, lisbon), lisbon, clock.now())
    page = person(PRIYA)
    assert page.goto(f"/pens/sessions/{pen.session}").status == 200
    expect(page.get_by_role("img", name=re.compile("Depth over time"))).to_be_visible()


def test_pens_and_traces_are_for_who_treats_and_who_manages(person, hand):
    desk = person(BOB)
    expect(desk.get_by_role("link", name="Pens")).to_have_count(0)
    assert desk.goto("/pens").status == 403
    assert desk.goto(f"/pens/sessions/{hand.session}").status == 403
    alice = person(ALICE)
    assert alice.goto(f"/pens/sessions/{hand.session}").status == 200
    assert alice.goto(f"/pens/sessions/{ids.new()}").status == 404
    assert alice.goto(f"/pens/sessions/{hand.session}?from=yesterday").status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["pens", "trace"])
def test_the_pages_of_pens_are_for_everybody(person, hand, name, scheme):
    page = person(PRIYA, color_scheme=scheme)
    page.goto("/pens" if name == "pens" else f"/pens/sessions/{hand.session}")
    if name == "pens":
        expect(page.locator("[data-badge]")).to_have_text("Live")
        until_seen(page, hand, 900, "0.90")
        expect(card(page, hand).locator(".alarms")).to_contain_text("Too deep")
    for width, height in {**SIZES, 320: 640}.items():
        page.set_viewport_size({"width": width, "height": height})
        assert axe(page) == [], f"{name}, {scheme}, {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=width < 1000)


def test_a_live_stream_of_a_page_that_is_shown_twice_is_opened_once(page, hand):
    until_seen(page, hand, 430, "0.43")
    second = page.context.new_page()
    second.goto("/pens")
    expect(second.locator("[data-badge]")).to_have_text("Live")
    until_seen(second, hand, 440, "0.44")
    expect(card(page, hand).locator("[data-field=depth]")).to_have_text("0.44")


def test_readings_that_stopped_are_not_shown_for_long(page, hand, house):
    until_seen(page, hand, 450, "0.45")
    expect(card(page, hand).locator("[data-field=against]")).to_have_text(
        "No readings at the moment."
    )


def test_the_stream_process_may_go_and_come_back(page, hand, house):
    house.stop("device-telemetry-live")
    expect(page.locator("[data-badge]")).not_to_have_text("Live")
    house.start("device-telemetry-live")
    house.wait("device-telemetry-live")
    expect(page.locator("[data-badge]")).to_have_text("Live")
    until_seen(page, hand, 410, "0.41")
