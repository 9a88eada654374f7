"""A link says what was signed, for its one purpose, for its time, or nothing at all."""

import string
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import links
from shared.links import Link, LinkExpired, LinkInvalid
from shared.settings import SettingMissing

FIRST, SECOND = "f" * 40, "s" * 40
BEGINS = datetime(2030, 1, 7, 10, tzinfo=UTC)
BEFORE = BEGINS - timedelta(days=1)
APPOINTMENT, CLINIC = UUID(int=1 << 100), UUID(int=2 << 100)
ALPHABET = string.ascii_letters + string.digits + "-_."


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    def use(*secrets, environment="development"):
        monkeypatch.setenv("LINKS_KEY", ", ".join(secrets))
        monkeypatch.setenv("NEEDLEPOINT_ENV", environment)

    use(FIRST)
    return use


def a_link(purpose="confirm", **changes):
    facts = {"subject": APPOINTMENT, "clinic_id": CLINIC, "issue": 0, "expires_at": BEGINS}
    return Link(purpose=purpose, **(facts | changes))


def works(token, now=BEFORE):
    try:
        links.read(token, now)
    except LinkInvalid:
        return False
    return True


@pytest.mark.parametrize("purpose", links.PURPOSES)
def test_a_link_says_what_was_signed(purpose):
    link = a_link(purpose, issue=3)
    assert links.read(links.mint(link), BEFORE) == link


def test_a_link_goes_into_an_address_as_it_is():
    token = links.mint(a_link("confirm", issue=2**31))
    assert set(token) <= set(ALPHABET)
    assert len(token) < 120
    assert token.count(".") == 2


@pytest.mark.parametrize("purpose", links.PURPOSES)
@pytest.mark.parametrize("other", links.PURPOSES)
def test_a_link_serves_one_purpose(purpose, other):
    signed = links.mint(a_link(purpose)).partition(".")[2]
    assert works(f"{other}.{signed}") == (purpose == other)


def test_a_link_ends_the_second_the_appointment_begins():
    token = links.mint(a_link())
    assert links.read(token, BEGINS - timedelta(microseconds=1))
    with pytest.raises(LinkExpired):
        links.read(token, BEGINS)


@given(st.data())
def test_no_letter_of_a_link_can_be_changed(data):
    token = links.mint(a_link(data.draw(st.sampled_from(links.PURPOSES))))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(ALPHABET))
    changed = token[:place] + letter + token[place + 1 :]
    assert works(changed) == (changed == token)


@given(st.data())
def test_no_part_of_a_link_can_be_left_out_or_added(data):
    token = links.mint(a_link())
    cut = data.draw(st.integers(0, len(token) - 1))
    assert not works(token[:cut])
    assert not works(token + data.draw(st.text(ALPHABET, min_size=1)))


@given(st.text())
def test_whatever_is_typed_is_refused_calmly(text):
    assert not works(text)
    assert not works(f"confirm.{text}")
    assert not works(f"confirm.{text}.{text}")


@pytest.mark.parametrize(
    "hostile", ["confirm." + "A" * 10_000, "confirm.\x00.\x00", "move.é.ü", ""]
)
def test_a_hostile_link_is_refused(hostile):
    assert not works(hostile)


@given(
    st.sampled_from(links.PURPOSES),
    st.uuids(),
    st.uuids(),
    st.integers(0, 2**40),
    st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 # the zone follows
)
def test_whatever_is_signed_is_read_again(purpose, subject, clinic_id, issue, ends):
    ends = ends.replace(microsecond=0, tzinfo=UTC)
    link = Link(purpose, subject, clinic_id, issue, ends)
    assert links.read(links.mint(link), ends - timedelta(seconds=1)) == link


def test_the_first_key_signs_and_all_are_believed(keys):
    old = links.mint(a_link())
    keys(SECOND, FIRST)
    new = links.mint(a_link())
    assert works(old)
    assert works(new)
    keys(SECOND)
    assert works(new)
    assert not works(old)


def test_production_refuses_a_development_key(keys):
    for secrets in (("development" * 4,), (FIRST, "development" * 4)):
        keys(*secrets, environment="production")
        with pytest.raises(SettingMissing, match="development"):
            links.check_keys()


def test_a_short_or_missing_key_stops_the_start(keys, monkeypatch):
    keys(FIRST, "short")
    with pytest.raises(SettingMissing, match="32 characters"):
        links.check_keys()
    monkeypatch.delenv("LINKS_KEY")
    with pytest.raises(SettingMissing, match="LINKS_KEY"):
        links.check_keys()
