"""The desk and headquarters in this process, on the real services in theirs."""

import json
import re
from uuid import UUID

import pytest

from services.device_telemetry.usecases import devices
from services.web import app as web
from services.web.domain import sessions
from shared import clock, db, staff
from tests.browser.franchise import PHRASE, Franchise
from tests.browser.house import lent

BOB = "bob@needlepoint.example"
ALICE = "alice@needlepoint.example"
HANNA = "hanna@needlepoint.example"
TOM = "tom@needlepoint.example"
ANA = "ana@needlepoint.example"
SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, worker):
    with lent(tmp_path_factory.mktemp("whole"), f"pages_{worker}", pages=False) as house:
        yield house


@pytest.fixture(scope="module")
def franchise(whole):
    return Franchise(whole).found()


@pytest.fixture
def visit(whole, franchise, monkeypatch):
    """Return a browser's client on which somebody is signed in."""
    for name, value in whole.environment("web").items():
        monkeypatch.setenv(name, value)
    db.open_pool(whole.dsn("web"), connections=4)
    app = web.create_app()

    def sign_in(email):
        client = app.test_client()
        form = {"email": email, "password": PHRASE}
        assert client.post("/sign-in", data=form, headers=SITE).status_code == 303
        return client

    yield sign_in
    db.close_pool()


def form(client, **more):
    return {"form_token": sessions.form_token(client.get_cookie("sid").value)} | more


def act(client, franchise, name, verb, **more):
    path = f"/desk/appointments/{franchise.appointments[name]}/{verb}"
    return client.post(path, data=form(client, **more), headers=SITE)


def test_the_desk_shows_the_day(visit, franchise):
    text = visit(BOB).get("/desk").text
    for word in (
        "Soho",
        "Ada Lovelace",
        "Priya Nair",
        "Confirmed",
        "1 cancelled",
    ):
        assert word in text
    # which of them is Priya's usual one depends on her id
    assert re.search("Room [1-4]", text)
    assert re.search("Pen [12]", text)
    assert text.index("Ada Lovelace") < text.index("Lise Meitner") < text.index("Rosalind Franklin")


def test_the_desk_confirms_and_says_so(visit, franchise):
    client = visit(BOB)
    answer = act(client, franchise, "Ada", "confirm", clinic=franchise.clinics["Soho"])
    assert answer.status_code == 303
    assert "The appointment is confirmed." in client.get(answer.location).text


def test_the_desk_is_told_why_not(visit, franchise):
    client = visit(BOB)
    answer = act(client, franchise, "Rosalind", "arrive")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "Rosalind Franklin" in answer.text


def test_what_the_clinic_cancels_late_costs_nothing_and_what_the_client_does_costs_the_fee(
    visit, franchise
):
    soho, fee = franchise.clinics["Soho"], {"late_cancel_fee": {"amount_minor": 4000}}
    franchise.call(
        "booking",
        "PATCH",
        f"/v1/clinics/{soho}/policy",
        fee | {"currency": "GBP"},
        who=ALICE,
        headers={"If-Match": '"0"'},
    )
    client = visit(BOB)
    for name, wish, open_amount in (("Edith", "clinic", []), ("Irene", "client", [4000])):
        booked = franchise.book_new(name, "Smith", 21)  # tomorrow, within the notice
        assert act(client, franchise, name, "cancel", wish=wish, clinic=soho).status_code == 303
        path = f"/v1/appointments/{booked['id']}/ledger"
        entries = franchise.call("booking", "GET", path, who=BOB)["items"]
        assert [each["amount_minor"] for each in entries] == open_amount


def test_the_desk_overwrites_nothing_that_it_has_not_seen(visit, franchise):
    answer = act(visit(BOB), franchise, "Grace", "arrive", version="1")
    assert answer.status_code == 412
    assert "changed this meanwhile" in answer.text


@pytest.mark.parametrize("version", ["x", "²", "9" * 40, "-1"])
def test_a_version_that_is_none_is_not_minded(visit, franchise, version):
    assert act(visit(BOB), franchise, "Rosalind", "confirm", version=version).status_code == 409


def test_there_is_no_other_verb(visit, franchise):
    assert act(visit(BOB), franchise, "Ada", "delete").status_code == 404


def test_an_appointment_of_nobody_is_not_found(visit, franchise):
    client = visit(BOB)
    path = "/desk/appointments/01930000-0000-7000-8000-000000000000/confirm"
    assert client.post(path, data=form(client), headers=SITE).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["day=soon", "day=1066-10-14", "clinic=x", "clinic=01930000-0000-7000-8000-0000000000aa"],
)
def test_the_desk_knows_no_other_day_or_clinic(visit, query):
    assert visit(BOB).get(f"/desk?{query}").status_code == 404


def test_a_manager_sees_which_clinic_she_looks_at(visit, franchise):
    text = visit(ALICE).get(f"/desk?clinic={franchise.clinics['Soho']}").text
    assert re.search(r'<option value="[^"]+" selected>Soho', text)
    assert "Lisbon Chiado" in text


def test_a_clinic_of_others_is_not_found(visit, franchise):
    assert visit(BOB).get(f"/desk?clinic={franchise.clinics['Lisbon Chiado']}").status_code == 404


def test_devices_are_shown_to_those_of_their_clinic(visit, franchise):
    franchise.register("Lisbon Chiado", "Pen 7", calibrated_on=None)
    franchise.register("Lisbon Chiado", "Pen <8>", serviced_on="2026-01-05")
    text = visit(HANNA).get("/devices").text
    assert "never calibrated" in text
    assert "Pen &lt;8&gt;" in text
    assert "All clinics" in text
    lisbon = f"clinic={franchise.clinics['Lisbon Chiado']}"
    alice = visit(ALICE)
    assert "Pen 7" in alice.get(f"/devices?{lisbon}").text
    unfit = alice.get(f"/devices/parts?{lisbon}&show=unfit").text
    assert "Pen 7" in unfit
    assert "Pen &lt;8&gt;" not in unfit
    bob = visit(BOB)
    assert "Pen 7" not in bob.get("/devices").text
    assert bob.get(f"/devices?{lisbon}").status_code == 404


def test_a_device_is_made_to_blink_and_its_answer_is_shown(visit, franchise):
    device = franchise.register("Lisbon Chiado", "Pen 11")
    franchise.hear("Lisbon Chiado", "Pen 11", "status", online=True)
    lisbon = f"clinic={franchise.clinics['Lisbon Chiado']}"
    blink = f"/devices/{device['id']}/blink?{lisbon}"
    alice, ana = visit(ALICE), visit(ANA)
    assert "Make it blink: Pen 11" in alice.get(f"/devices?{lisbon}").text
    assert "Make it blink: Pen 11" not in ana.get(f"/devices?{lisbon}").text
    assert ana.post(blink, data=form(ana), headers=SITE).status_code == 403
    made = alice.post(blink, data=form(alice), headers=SITE)
    assert made.status_code == 303
    assert "Asked to blink" in alice.get(made.location).text
    [command_id] = re.findall(r"command=([0-9a-f-]{36})", made.location)
    answer = {"boot_id": 1, "seq": 1, "event": "command_done", "command_id": command_id}
    franchise.hear("Lisbon Chiado", "Pen 11", "events", **answer)
    shown = alice.get(made.location.replace("/devices?", "/devices/parts?")).text
    assert "It blinks" in shown
    assert "It blinks" not in alice.get(f"/devices?{lisbon}").text
    with franchise.telemetry() as tx:
        devices.retire(tx, UUID(device["id"]), clock.now())
    refused = alice.post(blink, data=form(alice), headers=SITE)
    assert (refused.status_code, "Pen 11 is retired." in refused.text) == (409, True)
    assert alice.get(f"/devices?{lisbon}&device=x&command=y").status_code == 200


def test_whoever_is_at_the_desk_makes_those_blink_that_were_ever_heard(visit, franchise):
    device = franchise.register("Soho", "Pen 12")
    franchise.register("Soho", "Pen 13")
    franchise.hear("Soho", "Pen 12", "status", online=True)
    bob = visit(BOB)
    shown = bob.get("/devices").text
    assert ("Make it blink: Pen 12" in shown, "Make it blink: Pen 13" in shown) == (True, False)
    made = bob.post(f"/devices/{device['id']}/blink", data=form(bob), headers=SITE)
    assert (made.status_code, "Asked to blink" in bob.get(made.location).text) == (303, True)


@pytest.mark.parametrize("query", ["show=all", "clinic=x", "cursor=x", "cursor=" + "x" * 2000])
def test_there_is_no_other_list_of_devices(visit, query):
    assert visit(HANNA).get(f"/devices?{query}").status_code == 404


def test_a_long_list_of_devices_goes_on_page_by_page(visit, franchise, monkeypatch):
    franchise.register("Lisbon Chiado", "Pen 9")
    franchise.register("Lisbon Chiado", "Pen 10")
    monkeypatch.setattr("services.web.clients.device_telemetry.MOST", 1)
    client, seen, path = visit(HANNA), [], "/devices"
    while path:
        text = client.get(path).text
        seen += re.findall(r'scope="row"><span class="name">([^<]+)', text)
        found = re.search(r'href="([^"]+)">Next devices', text)
        path = found.group(1).replace("&amp;", "&") if found else None
    assert {"Pen 9", "Pen 10"} <= set(seen)
    assert len(seen) == len(set(seen))


def test_parts_are_sent_again_only_when_they_changed(visit, franchise):
    client = visit(BOB)
    first = client.get("/desk/parts?day=2030-01-07")
    again = client.get(
        "/desk/parts?day=2030-01-07", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert "No appointments on Monday 7 January" in first.text


def test_headquarters_sees_every_clinic_and_no_client(visit, franchise):
    client = visit(HANNA)

    def known():
        text = client.get("/headquarters").text
        return text if "Lisbon Chiado" in text and "Soho" in text else None

    text = franchise.until(known, "both clinics at headquarters")
    assert text.count('<li class="card') == 7
    assert "Lovelace" not in text
    parts = client.get("/headquarters/parts").text
    assert set(re.findall(r'id="([a-z-]+)" data-part', parts)) >= {
        "numbers",
        "clinics",
        "attention",
        "fleet",
    }


def test_an_alarm_is_acknowledged_once(visit, franchise):
    franchise.raise_alarm("Soho", "Pen 1", value=1717)
    client = visit(HANNA)
    seen = franchise.until(
        lambda: re.search(
            r"1\.717 mm.*?/attention/([0-9a-f-]{36})/acknowledge",
            client.get("/headquarters").text,
            re.DOTALL,
        ),
        "the alarm at headquarters",
    )
    path = f"/headquarters/attention/{seen.group(1)}/acknowledge"
    assert client.post(path, data=form(client), headers=SITE).location == "/headquarters"
    assert "1.717 mm" not in client.get("/headquarters").text
    gone = client.post(
        path.replace(seen.group(1), "01930000-0000-7000-8000-000000000000"),
        data=form(client),
        headers=SITE,
    )
    assert gone.status_code == 404
    analyst = visit(ANA)
    assert analyst.post(path, data=form(analyst), headers=SITE).status_code == 403


@pytest.mark.parametrize(
    ("who", "stream", "status"),
    [
        (HANNA, "headquarters", 200),
        (BOB, "headquarters", 403),
        (BOB, "desk", 200),
        (HANNA, "desk", 403),
    ],
)
def test_a_ticket_is_for_whom_the_stream_is_for(visit, franchise, who, stream, status):
    client = visit(who)
    wanted = {"stream": stream} | (
        {"clinic_id": franchise.clinics["Soho"]} if stream == "desk" else {}
    )
    headers = SITE | {
        "X-Form-Token": form(client)["form_token"],
        "Content-Type": "application/json",
    }
    answer = client.post("/stream-ticket", data=json.dumps(wanted), headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert len(answer.get_json()["ticket"]) == 43


def test_whom_a_service_no_longer_knows_signs_in_again(visit, whole, franchise):
    """Their rights have changed: no page that says 401, and no way round in a circle."""
    told = ("--email", TOM, "--name", "Tom Reid", "--role", "practitioner")
    staff_id = whole.command(
        "services.identity.create_staff", *told, service="identity", told=f"{PHRASE}\n"
    )
    client = visit(TOM)
    db.open_pool(whole.dsn("booking"), connections=1)
    with db.transaction() as tx:
        staff.remember_epoch(tx, UUID(staff_id), 99)
    db.open_pool(whole.dsn("web"), connections=4)
    answer = client.get("/desk")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/desk")
    assert client.get_cookie("sid") is None
    assert client.get(answer.location).status_code == 200


def test_the_api_is_described_for_everybody(visit, whole):
    client = visit(BOB)
    page = client.get("/api/docs").text
    assert "/api/booking/v1/clinics" in page
    assert "Bob Osei" in page
    assert client.get("/api/openapi.json").get_json()["openapi"].startswith("3.")
