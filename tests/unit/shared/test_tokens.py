"""Access tokens: ours are read, everything that only looks like ours is refused."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.http import tokens
from shared.http.tokens import Actor, Reader, SigningKey, TokenRefused, mint

SOHO = UUID("01930000-0000-7000-8000-0000000050a0")
KEY = SigningKey("today", ec.generate_private_key(ec.SECP256R1()))
BOB = Actor(UUID(int=7), frozenset({"front_desk"}), frozenset({SOHO}), epoch=3)
HANNA = Actor(UUID(int=8), frozenset({"hq_admin"}), None)


class Known:
    """A key set of one."""

    def find(self, kid):
        return KEY.private.public_key() if kid == KEY.kid else None


def read(token, keys):
    return Reader().read(token, keys)


def today():
    return datetime.now(UTC)


def later(seconds):
    """A claim that is so many seconds from now, when the test runs."""
    return lambda: int(today().timestamp()) + seconds


def claims(**changes):
    now = int(today().timestamp())
    changes = {name: value() if callable(value) else value for name, value in changes.items()}
    said = {
        "iss": "needlepoint",
        "aud": "needlepoint",
        "sub": str(BOB.id),
        "jti": "x",
        "iat": now,
        "exp": now + 600,
        "roles": ["front_desk"],
        "clinics": [str(SOHO)],
        "epoch": 3,
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def signed(said=None, key=None, algorithm="ES256", **header):
    headers = {"typ": "at+jwt", "kid": "today"} | header
    headers = {name: value for name, value in headers.items() if value is not None}
    return jwt.encode(said or claims(), key or KEY.private, algorithm, headers=headers)


def raw(header, said, signature=b""):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    return ".".join(
        [part(json.dumps(header).encode()), part(json.dumps(said).encode()), part(signature)]
    )


def test_what_was_minted_is_read_again():
    assert read(mint(KEY, BOB, today()), Known()) == BOB
    assert read(mint(KEY, HANNA, today()), Known()) == HANNA


def test_a_hand_made_token_of_the_same_shape_is_read():
    assert read(signed(), Known()) == BOB


def test_sixty_clinics_still_fit_into_a_token():
    many = Actor(BOB.id, BOB.roles, frozenset(UUID(int=number) for number in range(60)))
    token = mint(KEY, many, today())
    assert len(token) <= tokens.MAX_BYTES
    assert read(token, Known()) == many


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": later(-32), "iat": later(-600)},
        {"exp": None},
        {"exp": lambda: today().timestamp() + 600.5},
        {"exp": 253402300799},
        {"iat": later(300), "exp": later(600)},
        {"iat": None},
        {"iss": "somebody"},
        {"aud": "another"},
        {"aud": ["needlepoint", "another"]},
        {"aud": None},
        {"sub": "bob"},
        {"sub": None},
        {"sub": 7},
        {"jti": None},
        {"roles": "front_desk"},
        {"roles": None},
        {"clinics": "everywhere"},
        {"clinics": [7]},
        {"clinics": {}},
        {"clinics": None},
        {"epoch": "3"},
        {"epoch": True},
        {"epoch": None},
    ],
    ids=lambda changes: ", ".join(f"{name} {value}"[:24] for name, value in changes.items()),
)
def test_a_claim_that_identity_never_writes_is_refused(changes):
    said = claims(**changes)
    header = {"typ": "at+jwt", "kid": "today", "alg": "ES256"}
    body = raw(header, said).rpartition(".")[0].encode()
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(
        body, KEY.private
    )
    with pytest.raises(TokenRefused):
        read(raw(header, said, signature), Known())


def test_an_end_of_half_a_minute_ago_is_forgiven():
    assert read(signed(claims(iat=later(-610), exp=later(-10))), Known()) == BOB


def test_roles_that_nobody_knows_give_nothing():
    assert read(signed(claims(roles=["front_desk", "root"])), Known()).roles == {"front_desk"}


PUBLIC = KEY.private.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SECRETS = {
    "pem": PEM,
    "pem with line feeds of another world": PEM.replace(b"\n", b"\r\n"),
    "der": PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "jwk": jwt.algorithms.ECAlgorithm.to_jwk(PUBLIC).encode(),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_public_key_is_no_shared_secret(secret):
    import hashlib
    import hmac

    header = {"alg": "HS256", "typ": "at+jwt", "kid": "today"}
    body = raw(header, claims()).rpartition(".")[0]
    signature = hmac.digest(secret, body.encode(), hashlib.sha256)
    with pytest.raises(TokenRefused):
        read(raw(header, claims(), signature), Known())


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "ES384", "RS256", ""])
def test_only_es256_is_read(algorithm):
    header = {"alg": algorithm, "typ": "at+jwt", "kid": "today"}
    with pytest.raises(TokenRefused):
        read(raw(header, claims()), Known())


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "refresh+jwt"},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "yesterday"},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": "x" * 65},
        {"kid": None},
        {"jku": "https://evil.example/jwks"},
        {"jwk": json.loads(SECRETS["jwk"])},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
    ],
    ids="-".join,
)
def test_a_header_of_another_kind_is_refused(header):
    with pytest.raises(TokenRefused):
        read(signed(**header), Known())


def test_another_ones_key_is_refused():
    with pytest.raises(TokenRefused):
        read(signed(key=ec.generate_private_key(ec.SECP256R1())), Known())
    with pytest.raises(TokenRefused):
        read(signed(key=rsa.generate_private_key(65537, 2048), algorithm="RS256"), Known())


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "é.é.é",
        "\x00",
        "x" * 5000,
        "[" * 3000,
        signed() + " ",
        signed() + ".",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(TokenRefused):
        read(token, Known())


def test_a_token_larger_than_four_kilobytes_is_not_even_parsed():
    class NeverAsked:
        def find(self, kid):
            raise AssertionError("asked")

    with pytest.raises(TokenRefused):
        read(signed(claims(padding="x" * 4096)), NeverAsked())


class Changing:
    """A key set whose one key can be taken away."""

    def __init__(self):
        self.key = KEY.private.public_key()

    def find(self, kid):
        return self.key if kid == KEY.kid else None


def test_a_signature_is_checked_once_and_a_tokens_end_each_time(monkeypatch):
    reader, keys, token = Reader(), Changing(), mint(KEY, BOB, today())
    assert reader.read(token, keys) == BOB

    def refuse(*_args, **_kwargs):
        raise jwt.ExpiredSignatureError

    monkeypatch.setattr(tokens.jwt, "decode", refuse)
    assert reader.read(token, keys) == BOB
    ended = today() + tokens.LIFETIME + timedelta(seconds=tokens.LEEWAY_S + 1)
    monkeypatch.setattr(tokens.clock, "now", lambda: ended)
    with pytest.raises(TokenRefused):
        reader.read(token, keys)


def test_a_token_that_was_read_before_is_refused_once_its_key_is_withdrawn():
    reader, keys, token = Reader(), Changing(), mint(KEY, BOB, today())
    assert reader.read(token, keys) == BOB
    keys.key = None
    with pytest.raises(TokenRefused):
        reader.read(token, keys)
    keys.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(TokenRefused):
        reader.read(token, keys)


def test_only_so_many_tokens_are_remembered(monkeypatch):
    monkeypatch.setattr(tokens, "MOST_KNOWN", 2)
    reader, keys = Reader(), Changing()
    for _ in range(5):
        assert reader.read(mint(KEY, BOB, today()), keys) == BOB
    assert len(reader._known) <= 2  # noqa: SLF001 # what a process keeps is the point
