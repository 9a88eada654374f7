"""Devices that come by a certificate instead of a secret, at the real broker's TLS listener."""

import pytest

from shared import db, ids
from tests import lifetimes, people
from tests.authority import Authority
from tests.integration.device_telemetry.stranger import Stranger


@pytest.fixture
def sign(machine):
    """sign(name, unit): certificate and key of whoever our authority calls so."""

    def issue(name, unit=None):
        file = f"{name}-{ids.new()}"
        return machine.authority.issue(f"of-{file}", f"key-of-{file}", name, unit=unit)

    return issue


@pytest.fixture
def told(machine, request):
    """The broker tells who came by a certificate.

    RabbitMQ 4.0 says the password `none` instead, which anybody can say: nobody comes in by one.
    """
    if machine.version.startswith("4.0."):
        request.applymarker(pytest.mark.xfail(reason="RabbitMQ 4.0 does not tell", strict=True))


by_certificate = pytest.mark.usefixtures("told")


@pytest.fixture
def certified(fleet, sign):
    """certified(): a pen that may come by a certificate, and that certificate."""

    def make():
        pen = fleet.pen()
        return pen, sign(str(pen.id), _allow(fleet, pen)["id"])

    return make


def _allow(fleet, pen, **more):
    path = f"/v1/devices/{pen.id}/credentials"
    answer = fleet.http.as_(people.ALICE).post(path, json={"kind": "certificate", **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def _entries(fleet, pen, person=people.ALICE):
    answer = fleet.http.as_(person).get(f"/v1/devices/{pen.id}/credentials")
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def _by(machine, certificate, pen, **more):
    return Stranger(machine, None, None, client_id=str(pen.id), certificate=certificate, **more)


@by_certificate
def test_a_device_comes_in_by_its_certificate_and_touches_what_is_its_own(machine, certified):
    pen, certificate = certified()
    device = _by(machine, certificate, pen)
    assert device.is_in
    start = f"pens/{pen.clinic.id}/{pen.id}"
    device.client.subscribe(f"{start}/commands", qos=1)
    assert device.until(lambda: device.granted)
    sent = device.client.publish(f"{start}/readings", b"{}", qos=1)
    assert device.until(sent.is_published)
    device.client.publish(f"{start}/commands", b"{}", qos=1)
    assert device.until(lambda: device.lost)


def test_what_a_device_with_a_certificate_is_told_holds_no_secret(fleet):
    pen = fleet.pen()
    shown = _allow(fleet, pen)
    assert (shown["kind"], shown["secret"], shown["username"]) == ("certificate", None, None)
    assert shown["certificate_subject"] == f"CN={pen.id},OU={shown['id']}"


def test_a_secret_does_over_tls_too(machine, pen):
    assert Stranger(machine, str(pen.id), pen.secret, tls=True).is_in
    assert not Stranger(machine, str(pen.id), "wrong", tls=True).is_in
    assert not Stranger(machine, None, None, client_id=str(pen.id), tls=True).is_in


def test_a_certificate_ends_the_secret_and_a_secret_the_certificate(machine, fleet, certified):
    pen, certificate = certified()
    assert not Stranger(machine, str(pen.id), pen.secret).is_in
    path = f"/v1/devices/{pen.id}/credentials"
    back = fleet.http.as_(people.ALICE).post(path, json={}).json
    assert not _by(machine, certificate, pen).is_in
    assert Stranger(machine, str(pen.id), back["secret"]).is_in


def test_a_certificate_that_nobody_allowed_opens_nothing(machine, pen, sign):
    assert not _by(machine, sign(str(pen.id)), pen).is_in


@by_certificate
def test_nobody_takes_anothers_place_by_a_certificate_of_its_own(machine, certified):
    (one, theirs), (other, mine) = certified(), certified()
    first = _by(machine, theirs, one)
    assert first.is_in
    assert not _by(machine, mine, one).is_in
    assert not Stranger(machine, str(one.id), "", certificate=mine).is_in
    assert not Stranger(machine, str(one.id), None, certificate=mine).is_in
    assert not Stranger(machine, f"CN={one.id}", "", client_id=str(one.id), certificate=mine).is_in
    first.until(lambda: first.lost, seconds=1)
    assert first.is_in
    assert _by(machine, mine, other).is_in


@pytest.mark.parametrize("password", [None, "", "x", "none", "undefined"])
def test_a_certificates_name_without_the_certificate_opens_nothing(
    machine, fleet, certified, password
):
    pen, _ = certified()
    subject = _entries(fleet, pen)[0]["certificate_subject"]
    for name in (str(pen.id), f"CN={pen.id}", subject, ",".join(reversed(subject.split(",")))):
        for tls in (False, True):
            knock = Stranger(machine, name, password, client_id=str(pen.id), tls=tls)
            assert not knock.is_in, (name, tls)


@pytest.mark.parametrize("name", ["needlepoint_admin", "device_telemetry", ".*", "CN={pen}"])
def test_no_certificate_makes_anybody_a_user_of_the_brokers_own(machine, pen, fleet, sign, name):
    _allow(fleet, pen)
    assert not _by(machine, sign(name.format(pen=pen.id)), pen).is_in


@by_certificate
def test_a_certificate_of_another_authority_opens_nothing(machine, fleet, certified):
    pen, good = certified()
    other = Authority(lifetimes.folder() / f"tls-{pen.id}")
    forged = other.issue("forged", "forged-key", str(pen.id), unit=_entries(fleet, pen)[0]["id"])
    assert not _by(machine, forged, pen).is_in
    assert _by(machine, good, pen).is_in


@by_certificate
def test_a_revoked_certificate_is_cut_off_and_stays_out(machine, fleet, certified, monkeypatch):
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    pen, certificate = certified()
    device = _by(machine, certificate, pen)
    assert device.is_in
    revoked = fleet.http.as_(people.ALICE).delete(f"/v1/devices/{pen.id}/credentials")
    assert revoked.status_code == 204
    assert device.until(lambda: device.lost)
    assert not _by(machine, certificate, pen).is_in


@by_certificate
def test_one_certificate_of_several_is_revoked_alone(machine, fleet, sign, monkeypatch):
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    pen, alice = fleet.pen(), fleet.http.as_(people.ALICE)
    lost = _allow(fleet, pen)["id"]
    kept = _allow(fleet, pen, overlap_minutes=60)["id"]
    stolen, good = sign(str(pen.id), lost), sign(str(pen.id), f"!{kept}")
    thief = _by(machine, stolen, pen)
    assert thief.is_in
    assert alice.delete(f"/v1/devices/{pen.id}/credentials/{lost}").status_code == 204
    assert thief.until(lambda: thief.lost)
    assert not _by(machine, stolen, pen).is_in
    assert _by(machine, good, pen).is_in
    assert [(each["id"], each["valid"]) for each in _entries(fleet, pen)[:2]] == [
        (kept, True),
        (lost, False),
    ]


@by_certificate
def test_a_certificate_of_before_names_its_device_only_and_holds_until_it_is_ended(
    machine, fleet, pen, sign
):
    credential_id = _allow(fleet, pen)["id"]
    old, other = sign(str(pen.id)), sign(str(pen.id), str(ids.new()))
    assert not _by(machine, old, pen).is_in
    with db.transaction(db.EVERY_CLINIC) as tx:
        before = "UPDATE device_telemetry.credentials SET named = FALSE WHERE id = %(id)s::uuid"
        assert tx.run(before, {"id": credential_id}) == 1
    assert _by(machine, old, pen).is_in
    assert not _by(machine, other, pen).is_in
    assert _entries(fleet, pen)[0]["certificate_subject"] == f"CN={pen.id}"
