"""Signing in, staying signed in, signing out."""

from dataclasses import replace

import jwt
import pytest

from tests import people

SAME = ("type", "title", "detail", "status")


def me(identity, token):
    return identity.with_headers(Authorization=f"Bearer {token}").get("/v1/me")


def refresh(identity, token):
    return identity.post("/v1/tokens/refresh", json={"refresh_token": token})


def test_bob_signs_in_and_is_recognised(identity, employed, sign_in):
    employed(people.BOB)
    answer = sign_in(people.BOB)
    assert answer.status_code == 200
    assert answer.json["expires_in"] == 600
    assert answer.headers["Cache-Control"] == "no-store"

    seen = me(identity, answer.json["access_token"]).json
    assert seen["name"] == "Bob"
    assert seen["clinics"] == [str(people.SOHO.id)]
    assert "appointments:book" in seen["permissions"]
    assert "staff:write" not in seen["permissions"]


def test_the_access_token_is_what_the_contract_says(identity, employed, sign_in):
    employed(people.HANNA)
    token = sign_in(people.HANNA).json["access_token"]
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert header["kid"] in {key["kid"] for key in identity.get("/v1/jwks").json["keys"]}
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["clinics"], claims["roles"], claims["epoch"]) == ("*", ["hq_admin"], 1)


def test_published_keys_are_public_halves_only(identity):
    answer = identity.get("/v1/jwks")
    assert [sorted(key) for key in answer.json["keys"]] == [
        ["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"]
    ] or all("d" not in key for key in answer.json["keys"])
    assert answer.json["keys"]
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_a_wrong_password_and_an_unknown_address_are_refused_alike(employed, sign_in):
    employed(people.BOB)
    wrong, unknown = sign_in(people.BOB, "not it"), sign_in(people.CHARLIE)
    assert wrong.status_code == unknown.status_code == 401
    assert [wrong.json[name] for name in SAME] == [unknown.json[name] for name in SAME]


def test_the_address_may_be_typed_in_capitals(identity, employed, password):
    employed(people.BOB)
    given = {"email": people.BOB.email.upper(), "password": password}
    assert identity.post("/v1/tokens", json=given).status_code == 200


def test_a_password_of_five_megabytes_is_not_hashed(identity):
    given = {"email": people.BOB.email, "password": "x" * 5_000_000}
    assert identity.post("/v1/tokens", json=given).status_code == 413


def test_a_password_longer_than_any_of_ours_is_refused(identity):
    given = {"email": people.BOB.email, "password": "x" * 257}
    assert identity.post("/v1/tokens", json=given).status_code == 422


def test_a_password_with_a_nul_is_refused(identity):
    given = {"email": people.BOB.email, "password": "abc\x00defgh"}
    assert identity.post("/v1/tokens", json=given).status_code == 422


def test_a_password_of_pictures_counts_as_it_is(identity, hanna, somebody_new):
    wanted = somebody_new(password="🧴💉 sérum à midi ")
    assert hanna.post("/v1/staff", json=wanted).status_code == 201
    given = {"email": wanted["email"], "password": wanted["password"]}
    assert identity.post("/v1/tokens", json=given).status_code == 200
    assert (
        identity.post(
            "/v1/tokens", json=given | {"password": given["password"].strip()}
        ).status_code
        == 401
    )


def test_guessing_at_one_account_is_slowed_down(employed, sign_in):
    employed(people.BOB)
    answers = [sign_in(people.BOB, "a wrong guess") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    assert answers[-1].json["type"].endswith("/too-many-tries")


def test_tries_count_for_the_person_however_their_address_is_written(hanna, employed, sign_in):
    employed(people.BOB)
    assert [sign_in(people.BOB, "a wrong guess").status_code for _ in range(5)] == [401] * 5
    renamed = replace(people.BOB, email="robert@needlepoint.example")
    change = {"json": {"email": renamed.email}, "headers": {"If-Match": '"1"'}}
    assert hanna.patch(f"/v1/staff/{people.BOB.id}", **change).status_code == 200
    assert sign_in(renamed, "a wrong guess").status_code == 429


def test_a_thief_of_the_session_guesses_neither_password_nor_code_fast(identity, employed):
    employed(people.BOB)
    bob = identity.as_(people.BOB)
    change = {"current": "a wrong guess", "new": "an entirely new phrase"}
    answers = [bob.post("/v1/me/password", json=change).status_code for _ in range(3)]
    answers += [bob.post("/v1/me/otp/confirm", json={"code": "000000"}).status_code]
    answers += [bob.delete("/v1/me/otp", json={"code": "000000"}).status_code for _ in range(2)]
    assert answers == [401] * 5 + [429]


def test_guessing_from_elsewhere_does_not_lock_bob_out(identity, employed, sign_in, password):
    employed(people.BOB)
    attacker = identity.with_headers({"X-Forwarded-For": "203.0.113.9"})
    given = {"email": people.BOB.email, "password": "a wrong guess"}
    codes = [attacker.post("/v1/tokens", json=given).status_code for _ in range(8)]
    assert codes[-1] == 429
    assert sign_in(people.BOB).status_code == 200


def test_somebody_who_knew_the_password_owes_no_patience(employed, sign_in):
    employed(people.BOB)
    for _ in range(3):
        for _ in range(4):
            assert sign_in(people.BOB, "a slip").status_code == 401
        assert sign_in(people.BOB).status_code == 200


def test_a_refresh_token_is_exchanged_for_the_next(identity, employed, sign_in):
    employed(people.BOB)
    first = sign_in(people.BOB).json
    second = refresh(identity, first["refresh_token"])
    assert second.status_code == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    assert me(identity, second.json["access_token"]).json["name"] == "Bob"


def test_a_refresh_token_used_twice_ends_the_whole_sign_in(identity, employed, sign_in):
    employed(people.BOB)
    stolen = sign_in(people.BOB).json["refresh_token"]
    honest = refresh(identity, stolen).json["refresh_token"]

    assert refresh(identity, stolen).status_code == 401
    assert refresh(identity, honest).status_code == 401
    assert "needlepoint_refresh_reuse_total" in identity.get("/metrics").text


def test_another_sign_in_survives_the_theft(identity, employed, sign_in):
    employed(people.BOB)
    stolen, other = (sign_in(people.BOB).json["refresh_token"] for _ in range(2))
    refresh(identity, stolen)
    refresh(identity, stolen)
    assert refresh(identity, other).status_code == 200


def test_signing_out_ends_the_refresh_token(identity, employed, sign_in):
    employed(people.BOB)
    token = sign_in(people.BOB).json["refresh_token"]
    for _ in range(2):  # twice is no error
        assert identity.post("/v1/tokens/revoke", json={"refresh_token": token}).status_code == 204
    assert refresh(identity, token).status_code == 401


def test_an_invented_refresh_token_is_refused(identity):
    assert refresh(identity, "npr_" + "x" * 43).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"email": "bob"}, {"email": "bob@x.example", "password": "x", "admin": True}]
)
def test_incomplete_or_padded_credentials_are_invalid(identity, body):
    answer = identity.post("/v1/tokens", json=body)
    assert answer.status_code == 422
    assert answer.json["errors"]
