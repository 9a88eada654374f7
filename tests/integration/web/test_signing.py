"""Signing in and out, against the real identity."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.web.domain import sessions
from tests import people

PAGE = "/sign-in?left=1"
KNOWN = "SELECT count(*) FROM web.sessions"


def test_a_right_password_opens_the_page_of_the_role(staff, browser):
    answer = browser.sign_in(people.HANNA)
    assert (answer.status_code, answer.location) == (303, "/headquarters")
    assert browser.get("/").location == "/headquarters"


def test_the_front_desk_lands_at_the_desk(staff, browser):
    assert browser.sign_in(people.BOB).location == "/desk"


def test_the_cookie_is_for_this_site_and_not_for_scripts(staff, browser):
    header = browser.sign_in().headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header
    assert "Expires" not in header


def test_no_token_reaches_the_browser(staff, browser):
    answers = [browser.sign_in(), browser.get("/api/docs"), browser.get("/nothing")]
    said = "".join(str(answer.headers) + answer.text for answer in answers)
    assert not re.search(r"eyJ[\w-]+\.|npr_", said)


@pytest.mark.parametrize("password", ["wrong password", "§§§", " " + "needles are sharp things"])
def test_a_wrong_password_says_so_and_keeps_the_address(staff, browser, password):
    answer = browser.sign_in(password=password)
    assert answer.status_code == 401
    assert "is not right" in answer.text
    assert people.HANNA.email in answer.text
    assert password not in answer.text.replace("Password", "")
    assert browser.cookie is None


def test_an_unknown_address_is_answered_like_a_wrong_password(staff, browser):
    def shown(answer):
        return re.search(r'role="alert">.*?</p>', answer.text, re.DOTALL).group()

    wrong = browser.sign_in(password="wrong password")
    unknown = browser.post("/sign-in", {"email": "nobody@needlepoint.example", "password": "x" * 9})
    assert (unknown.status_code, shown(unknown)) == (401, shown(wrong))


def test_too_many_tries_are_slowed_down(staff, browser):
    answers = [browser.sign_in(password="wrong password") for _ in range(8)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "wait" in answers[-1].text


def test_who_is_slowed_down_is_told_by_the_address_that_the_gateway_saw(staff, browser):
    def try_from(address):
        form = {"email": people.HANNA.email, "password": "wrong password"}
        return browser.post("/sign-in", form, headers={"X-Forwarded-For": address}).status_code

    assert 429 in [try_from("192.0.2.7") for _ in range(8)]
    assert try_from("198.51.100.7") == 401


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": people.HANNA.email},
        {"password": "x"},
        {"email": "no address", "password": "x"},
        {"email": "a" * 5000, "password": "x" * 5000},
        {"email": "nul\x00@needlepoint.example", "password": "x"},
        {"email": people.HANNA.email, "password": "\ud800"},
        {"email": people.HANNA.email, "password": "x", "otp": "ⅷⅷⅷⅷⅷⅷ"},
    ],
    ids=str,
)
def test_what_no_account_can_have_is_refused_kindly(staff, browser, form):
    told = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
    answer = browser.post("/sign-in", told)
    assert answer.status_code in {401, 422}
    assert 'role="alert"' in answer.text


def test_a_form_larger_than_any_of_ours_is_refused(browser):
    assert browser.post("/sign-in", {"email": "x" * 100_000}).status_code == 413


def test_signing_in_again_leaves_the_old_session(staff, browser, row):
    browser.sign_in()
    first = browser.cookie
    browser.sign_in()
    assert browser.cookie != first
    assert row(KNOWN) == [(1,)]


def test_where_somebody_wanted_to_go_is_where_they_land(staff, browser):
    asked = browser.get("/desk?day=2030-01-07")
    assert asked.location == "/sign-in?next=/desk%3Fday%3D2030-01-07"
    assert 'value="/desk?day=2030-01-07"' in browser.get(asked.location).text
    assert browser.sign_in(next="/desk?day=2030-01-07").location == "/desk?day=2030-01-07"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(staff, browser, elsewhere):
    assert browser.sign_in(next=elsewhere).location == "/headquarters"


def test_signing_out_ends_the_session_here_and_at_identity(staff, browser, pages):
    browser.sign_in()
    refresh_token = _refresh_token(pages, browser.cookie)
    answer = browser.sign_out()
    assert answer.location == "/sign-in?left=1"
    assert browser.cookie is None
    assert browser.get("/").status_code == 303
    with pytest.raises(Exception, match="session has ended"):
        pages.extensions["identity"].refresh(refresh_token, _now())


def test_signing_out_works_while_identity_is_down(staff, browser, pages, row):
    browser.sign_in()
    pages.extensions["identity"] = type(pages.extensions["identity"])("http://127.0.0.1:9")
    assert browser.sign_out().status_code == 303
    assert row(KNOWN) == [(0,)]


def test_sign_in_says_when_identity_cannot_be_reached(browser, pages):
    pages.extensions["identity"] = type(pages.extensions["identity"])("http://127.0.0.1:9")
    answer = browser.sign_in()
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_a_session_left_alone_ends(staff, browser, row):
    browser.sign_in()
    row("UPDATE web.sessions SET seen_at = seen_at - interval '20 minutes'")
    assert browser.get("/").location == "/sign-in"
    assert row(KNOWN) == [(0,)]


def test_a_session_ends_after_twelve_hours_however_busy(staff, browser, row):
    browser.sign_in()
    row("UPDATE web.sessions SET created_at = created_at - interval '12 hours'")
    assert browser.get("/").location == "/sign-in"


def test_work_keeps_a_session_and_a_page_by_itself_does_not(staff, browser, row):
    browser.sign_in()
    seen = "SELECT seen_at FROM web.sessions"
    back = "UPDATE web.sessions SET seen_at = seen_at - interval '10 minutes' RETURNING seen_at"
    before = row(back)
    browser.get("/headquarters/parts")
    assert row(seen) == before
    assert (
        browser.post("/session/seen", headers={"X-Form-Token": browser.form_token}).status_code
        == 204
    )
    assert row(seen) > before


def test_whoever_signs_in_sweeps_what_ended(staff, browser, pages, row):
    browser.sign_in()
    row("UPDATE web.sessions SET seen_at = seen_at - interval '1 hour'")
    type(browser)(pages).sign_in(people.BOB)
    assert row(KNOWN) == [(1,)]


def test_two_tabs_renew_one_after_the_other(staff, browser, pages, row):
    """Identity ends a sign-in whose refresh token comes twice: eight tabs must send it once."""
    browser.sign_in()
    row("UPDATE web.sessions SET token_ends_at = now()")
    with ThreadPoolExecutor(8) as tabs:
        tokens = list(tabs.map(lambda _: _access_token(pages, browser.cookie), range(8)))
    assert len(set(tokens)) == 1
    row("UPDATE web.sessions SET token_ends_at = now()")
    assert _access_token(pages, browser.cookie) not in tokens


def test_a_sign_in_that_identity_ended_is_over_here_too(staff, browser, pages, row):
    browser.sign_in()
    pages.extensions["identity"].revoke(_refresh_token(pages, browser.cookie))
    row("UPDATE web.sessions SET token_ends_at = now()")
    answer = browser.get("/headquarters")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/headquarters")
    assert row(KNOWN) == [(0,)]


def test_a_stolen_table_opens_nothing(staff, browser, pages, row):
    browser.sign_in()
    ((id_hash, sealed),) = row("SELECT id_hash, sealed FROM web.sessions")
    assert browser.cookie.encode() not in bytes(id_hash)
    assert b"npr_" not in bytes(sealed)
    assert b"eyJ" not in bytes(sealed)
    assert people.HANNA.name.encode() not in bytes(sealed)


def test_a_session_moved_to_another_cookie_does_not_open(staff, browser, row):
    browser.sign_in()
    stranger = sessions.new_id()
    row("UPDATE web.sessions SET id_hash = %s", sessions.id_hash(stranger))
    browser.client.set_cookie("sid", stranger)
    assert browser.get("/").location == "/sign-in"


def test_another_key_means_signing_in_again(staff, browser, environment):
    browser.sign_in()
    environment.setenv("DATA_KEY", "A" * 43 + "=")
    assert browser.get("/").location == "/sign-in"


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "../../etc", "%00", "🪡"])
def test_a_made_up_cookie_is_nobody(browser, cookie):
    answer = browser.get("/", headers={"Cookie": f"sid={cookie}".encode().decode("latin-1")})
    assert answer.location == "/sign-in"


def _access_token(pages, cookie):
    from services.web.pages import gate

    with pages.test_request_context("/", headers={"Cookie": f"sid={cookie}"}):
        return gate.find(in_person=True).token


def _refresh_token(pages, cookie):
    from services.web.pages import gate

    with pages.test_request_context("/", headers={"Cookie": f"sid={cookie}"}):
        return gate.find(in_person=True).session.tokens.refresh


def _now():
    from shared import clock

    return clock.now()
