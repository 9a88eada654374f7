"""A client's page without booking behind it: what it refuses by itself, what it always sends."""

import logging
from datetime import timedelta

import pytest

from services.web.pages import visit
from shared import clock, ids, links
from shared.errors import Conflict, Rejected, TooMany
from shared.links import Link

HOSTILE = ["x", "confirm.x.y", "A" * 6000, "..%2e", "confirm.%00.x", "%C3%A9", "confirm.<b>.x"]


@pytest.fixture
def token(monkeypatch):
    monkeypatch.setenv("LINKS_KEY", "k" * 40)
    return links.mint(Link("move", ids.new(), ids.new(), 0, clock.now() + timedelta(days=3)))


@pytest.fixture
def booking(pages):
    """Booking as the page asks it; `says` is what it answers, or raises."""

    class Booking:
        says = None
        asked = ()

        def show(self, token):
            return self.take(token, "show", {})

        def times(self, token, first, last):
            return []

        def take(self, token, verb, body):
            self.asked = (*self.asked, verb)
            if isinstance(self.says, Exception):
                raise self.says
            return self.says

    pages.extensions["links"] = Booking()
    return pages.extensions["links"]


def a_row(token, purpose="cancel", **changes):
    """Return what booking says of an appointment, or an offer."""
    moment = clock.now().isoformat()
    return {
        "token": token,
        "purpose": purpose,
        "clinic_name": "Soho",
        "clinic_phone": None,
        "treatment_name": "Texture",
        "time_zone": "Europe/London",
        "status": "booked",
        "done": False,
        "may": True,
        "why_not": None,
        "late_fee": None,
        **dict.fromkeys(("starts_at", "ends_at", "until", "free_until"), moment),
    } | changes


def private(answer):
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    return answer


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_no_link_is_refused_without_asking(browser, booking, hostile):
    assert private(browser.get(f"/visit/{hostile}")).status_code == 404
    assert private(browser.post(f"/visit/{hostile}/confirm")).status_code == 404
    assert booking.asked == ()


def test_a_verb_of_our_own_only(browser, booking, token):
    assert private(browser.post(f"/visit/{token}/erase")).status_code == 404
    assert browser.get(f"/visit/{token}/confirm").status_code == 405
    assert booking.asked == ()


def test_booking_away_is_said_calmly_with_a_way_to_try_again(browser, pages, token):
    answer = private(browser.get(f"/visit/{token}"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Try again" in answer.text


def test_a_refusal_that_names_no_reason_to_stay_is_a_page(browser, booking, token):
    for says in (
        Conflict("The clinic has withdrawn this link."),
        TooMany("Wait.", retry_after_s=9),
    ):
        booking.says = says
        answer = private(browser.get(f"/visit/{token}"))
        assert answer.status_code == says.status
        assert str(says) in answer.text
        assert "/sign-in" not in answer.text
    assert answer.headers["Retry-After"] == "9"


@pytest.mark.parametrize("site", ["cross-site", "none", None])
def test_the_link_in_the_address_is_enough_and_no_cookie_is_asked_for(
    browser, booking, token, site
):
    booking.says = {"token": token}
    headers = {"Origin": "null"}
    answer = browser.post(f"/visit/{token}/confirm", site=site, headers=headers)
    assert answer.status_code == 303
    assert answer.location == f"{visit.PREFIX}{token}?done=confirm"
    assert browser.cookie is None


def test_other_pages_still_refuse_what_another_site_asks_for(browser, token):
    assert browser.post("/sign-out", site="cross-site").status_code == 403


def test_a_form_without_its_fee_shows_the_page_again(browser, booking, token):
    shown = a_row(
        token,
        clinic_name="<b>Soho</b>",
        late_fee={"amount_minor": 4000, "currency": "GBP"},
    )

    def take(token, verb, body):
        assert body == {"accept_fee": False}
        raise Rejected("Cancelling now costs GBP 40.00: accept the fee first.")

    booking.show, booking.take = lambda _: shown, take
    answer = private(browser.post(f"/visit/{token}/cancel"))
    assert answer.status_code == 422
    assert "accept the fee first" in answer.text
    assert "&lt;b&gt;Soho" in answer.text


def test_who_accepts_a_fee_accepts_the_amount_that_the_page_showed(browser, booking, token):
    fee = {"amount_minor": 4000, "currency": "GBP"}
    shown = a_row(token, "cancel", late_fee=fee)
    took = []

    def take(token, verb, body):
        took.append(body)
        return shown

    booking.show, booking.take = lambda _: shown, take
    page = browser.get(f"/visit/{token}").text
    assert 'name="fee_minor" value="4000"' in page
    form = {"accept_fee": "yes", "fee_minor": "4000", "fee_currency": "GBP"}
    assert browser.post(f"/visit/{token}/cancel", form).status_code == 303
    assert took == [{"accept_fee": True, "accepted_fee": fee}]


def test_a_fee_that_no_page_showed_is_not_accepted(browser, booking, token):
    took = []

    def take(token, verb, body):
        took.append(body)
        return a_row(token, "cancel")

    booking.take = take
    for amount in ("", "-1", "1e9", "\u0661", "9" * 40):
        browser.post(f"/visit/{token}/cancel", {"accept_fee": "yes", "fee_minor": amount})
    assert took == [{"accept_fee": False}] * 5


def test_no_log_line_holds_a_link(browser, booking, token, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    booking.says = Conflict("Over.")
    browser.get(f"/visit/{token}")
    browser.post(f"/visit/{token}/move", {"starts_at": "x"})
    out, err = capfd.readouterr()
    written = out + err + caplog.text
    assert "/visit/<string:token>" in written
    assert token.split(".")[2] not in written


def test_an_offer_is_answered_with_yes_or_no(browser, booking, token):
    booking.says = a_row(token, "offer", status="open", free_until=None)
    page = browser.get(f"/visit/{token}").text
    assert "A place has become free" in page
    assert "It is kept for you until" in page
    for verb in ("accept", "decline"):
        assert f'action="/visit/{token}/{verb}"' in page
        answer = browser.post(f"/visit/{token}/{verb}")
        assert answer.location == f"/visit/{token}?done={verb}"
    done = {"done": True, "may": False, "free_until": None}
    for status, title in {"accepted": "The place is yours", "declined": "Thank you"}.items():
        booking.says = a_row(token, "offer", status=status, **done)
        page = browser.get(f"/visit/{token}").text
        assert title in page
        assert "<form" not in page


def test_a_place_that_went_to_the_next_is_said_so(browser, booking, token):
    why = "The time to answer is over; the place went to the next in line."
    booking.says = a_row(token, "offer", status="lapsed", may=False, why_not=why)
    page = browser.get(f"/visit/{token}").text
    assert why in page
    assert "<form" not in page


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_time_at_the_end_of_all_calendars_is_no_time(browser, booking, token, year):
    hour_later = (clock.now() + timedelta(hours=1)).isoformat()
    booking.says = a_row(token, "move", ends_at=hour_later)
    for to in (f"{year}-01-01T00:00:00Z", f"{year}-12-31T23:59:59Z"):
        answer = browser.get(f"/visit/{token}", query_string={"to": to})
        assert answer.status_code == 200, to
        assert "Choose another time" in answer.text
