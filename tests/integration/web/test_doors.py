"""Whose requests the pages take, what they send with every answer, and how they say no."""

import json
import re

import pytest

from services.web import app as web
from services.web.pages import assets
from shared import db
from shared.settings import SettingMissing
from tests import people

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
OUT = "/sign-out"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_form_of_another_site_is_refused(staff, browser, site):
    browser.sign_in()
    answer = browser.post(OUT, {"form_token": browser.form_token}, site=site)
    assert answer.status_code == 403
    assert "did not come from our page" in answer.text
    assert browser.get("/").location == "/headquarters"


def test_another_site_cannot_sign_somebody_in(staff, browser):
    form = {"email": people.HANNA.email, "password": "needles are sharp things"}
    assert browser.post("/sign-in", form, site="cross-site").status_code == 403
    assert browser.cookie is None


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 303), ("http://evil.example", 403), ("null", 403), ("", 403)],
)
def test_without_fetch_metadata_the_origin_decides(staff, browser, origin, status):
    browser.sign_in()
    form = {"form_token": browser.form_token}
    answer = browser.post(OUT, form, site=None, headers={"Origin": origin} if origin else {})
    assert answer.status_code == status


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_the_sessions_token_is_refused(staff, browser, token):
    browser.sign_in()
    assert browser.post(OUT, {"form_token": token}).status_code == 403


def test_a_look_changes_nothing(staff, browser):
    browser.sign_in()
    assert browser.get(OUT).status_code == 405
    assert browser.get("/").location == "/headquarters"


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/headquarters"])
def test_every_page_carries_the_policy(staff, browser, path):
    answer = browser.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"]


def test_a_page_that_is_not_there_says_so_with_the_number_to_quote(browser):
    answer = browser.get("/nothing-here", headers={"X-Request-ID": "desk-called-0042"})
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "desk-called-0042" in answer.text


def test_a_page_of_another_role_says_so(staff, browser):
    browser.sign_in(people.BOB)
    answer = browser.get("/headquarters")
    assert answer.status_code == 403
    assert "role" in answer.text


def test_a_service_that_is_down_gives_a_page_with_try_again(staff, browser):
    browser.sign_in()
    answer = browser.get("/headquarters")  # nobody listens there in this test
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert "Try again" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_a_script_is_told_to_sign_in_and_not_sent_to_the_form(browser):
    answer = browser.get("/headquarters/parts", headers={"X-Parts": "1"})
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"stream": "everything"}', b'{"stream": 1}'])
def test_a_ticket_for_no_stream_of_ours_is_refused(staff, browser, body):
    browser.sign_in()
    headers = {"X-Form-Token": browser.form_token, "Content-Type": "application/json"}
    answer = browser.post("/stream-ticket", body, headers=headers)
    assert answer.status_code in {400, 415, 422}


def test_files_are_kept_for_ever_under_the_release_they_belong_to(pages, browser):
    path = re.search(r'href="(/static/[^"]+/css/base.css)"', browser.get("/sign-in").text).group(1)
    answer = browser.get(path)
    assert answer.headers["Cache-Control"] == assets.FOREVER
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    older = browser.get("/static/0000000000000000/css/base.css")
    assert older.headers["Cache-Control"] == assets.SHORTLY


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "css/none.css"])
def test_no_other_file_is_sent(browser, name):
    assert browser.get(f"/static/x/{name}").status_code == 404


def test_another_file_means_another_release(tmp_path):
    (tmp_path / "vendor").mkdir()
    manifest = tmp_path / "vendor" / "manifest.json"
    manifest.write_text(json.dumps({"files": []}), encoding="utf-8")
    before = assets.release(tmp_path, manifest)
    (tmp_path / "page.css").write_text("a {}", encoding="utf-8")
    assert assets.release(tmp_path, manifest) != before


def test_without_its_assets_the_process_does_not_start(tmp_path):
    with pytest.raises(assets.AssetsMissing, match=r"run `python -m deploy\.assets`"):
        assets.release(tmp_path, tmp_path / "manifest.json")
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"files": [{"file": "icons.svg"}]}), encoding="utf-8")
    with pytest.raises(assets.AssetsMissing, match=r"lack icons\.svg"):
        assets.release(tmp_path, manifest)


def test_production_refuses_a_cookie_in_the_clear(environment):
    environment.setenv("NEEDLEPOINT_ENV", "production")
    with pytest.raises(SettingMissing, match="WEB_PLAIN_COOKIE"):
        web.create_app()


def test_productions_cookie_is_bound_to_host_and_tls(environment, staff, pages):
    environment.setenv("NEEDLEPOINT_ENV", "production")
    environment.delenv("WEB_PLAIN_COOKIE")
    client = web.create_app().test_client()
    form = {"email": people.HANNA.email, "password": "needles are sharp things"}
    answer = client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    header = answer.headers["Set-Cookie"]
    assert header.startswith("__Host-sid=")
    assert "Secure" in header
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_without_its_key_the_process_does_not_start(environment):
    environment.delenv("DATA_KEY")
    with pytest.raises(SettingMissing, match="DATA_KEY"):
        web.create_app()


def test_a_host_that_is_none_of_ours_is_refused_without_a_page(environment, dsn, database):
    environment.setenv("TRUSTED_HOSTS", "127.0.0.1,localhost")
    db.open_pool(dsn("web"), connections=2)
    answer = web.create_app().test_client().get("/sign-in", headers={"Host": "evil.example"})
    db.close_pool()
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
