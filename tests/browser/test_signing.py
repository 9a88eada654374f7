"""Signing in and out with a real browser."""

from playwright.sync_api import expect

from tests.browser.franchise import PHRASE

HANNA = "hanna@needlepoint.example"
BOB = "bob@needlepoint.example"


def test_headquarters_signs_in_sees_all_clinics_and_signs_out(person):
    page = person(HANNA)
    expect(page).to_have_url("/headquarters")
    expect(page.get_by_role("heading", name="Clinics, worst first")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/headquarters")
    expect(page).to_have_url("/sign-in?next=/headquarters")


def test_a_wrong_password_is_said_beside_the_address_that_was_typed(window):
    page = window().page
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(BOB)
    page.get_by_label("Password").fill("not my password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    expect(page.get_by_label("E-mail")).to_have_value(BOB)
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()


def test_signing_in_needs_no_mouse(window):
    page = window().page
    page.goto("/sign-in")
    page.keyboard.type(BOB)
    page.keyboard.press("Tab")
    page.keyboard.type(PHRASE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/desk")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_signing_in_leads_back_to_where_somebody_wanted_to_go(window):
    page = window().page
    page.goto("/desk?day=2030-01-07")
    page.get_by_label("E-mail").fill(BOB)
    page.get_by_label("Password").fill(PHRASE)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/desk?day=2030-01-07")
    expect(page.get_by_role("heading", name="Monday 7 January")).to_be_visible()


def test_signing_out_in_one_tab_leaves_the_others_signed_out(window):
    shown = window()
    first = shown.sign_in(HANNA)
    second = shown.context.new_page()
    second.goto("/headquarters")
    expect(second.locator("[data-badge]")).to_have_text("Live")
    first.get_by_role("button", name="Sign out").click()
    expect(second).to_have_url("/sign-in?next=/headquarters")


def test_the_browser_holds_no_token(window):
    shown = window()
    page = shown.sign_in(HANNA)
    cookies = shown.context.cookies()
    assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
        ("sid", True, "Lax")
    ]
    kept = page.evaluate(
        "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)]"
    )
    assert kept == ["", "{}", "{}"]
    assert "eyJ" not in page.content()


def test_a_page_of_another_role_says_so(person):
    page = person(BOB)
    page.goto("/headquarters")
    expect(page.get_by_role("heading", name="Your role does not allow this")).to_be_visible()
    page.get_by_role("link", name="Go to the first page").click()
    expect(page).to_have_url("/desk")
