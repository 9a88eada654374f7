"""Words, addresses and wire forms."""

from datetime import UTC, datetime

import pytest

from services.notification.domain import wording
from services.notification.domain.messages import Kind
from services.notification.senders import envelopes, letters
from services.notification.senders.smtp import Address, _dot_stuffed

SUMMER = datetime(2030, 7, 1, 13, 5, tzinfo=UTC)


def test_a_time_names_its_place_and_offset():
    assert wording.clock(SUMMER, "Europe/Lisbon", "en") == "14:05 (Lisbon time, UTC+01:00)"
    assert wording.clock(SUMMER, "America/New_York", "en") == "09:05 (New York time, UTC-04:00)"
    assert wording.clock(SUMMER, "Asia/Kathmandu", "en") == "18:50 (Kathmandu time, UTC+05:45)"


def test_a_day_is_the_clinics_day():
    late = datetime(2030, 7, 1, 23, 30, tzinfo=UTC)
    assert wording.day(late, "Pacific/Auckland", "en") == "Tuesday 2 July 2030"


@pytest.mark.parametrize(
    ("wanted", "found"), [("en-GB", "en"), ("EN", "en"), ("en_US", "en"), ("tlh", "en"), ("", "en")]
)
def test_a_locale_falls_back(wanted, found):
    assert wording.locale_of(wanted) == found


def test_every_locale_has_a_subject_and_both_parts_of_every_kind():
    for locale, words in wording.LOCALES.items():
        assert set(words.subjects) == set(Kind)
        for kind in Kind:
            letter = letters.sample(kind, locale)
            assert letter.text
            assert "{" not in letter.subject + letter.text
            assert "{{" not in letter.html


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\u2028b", "a\u202eb", "a\tb"])
def test_one_line_holds_no_control_characters(text):
    assert wording.one_line(text) == "a b"


@pytest.mark.parametrize(
    "address",
    [
        "maria@example.org\r\nBcc: x@example.org",
        "maria@exa mple.org",
        "<maria@example.org>",
        "maria@example.org,bob@example.org",
        "jörg@example.org",
        "@example.org",
        "maria@",
        "maria",
        "",
        f"maria@{'x' * 64}.org",
    ],
)
def test_an_address_that_could_mean_something_else_is_unusable(address):
    with pytest.raises(envelopes.AddressUnusable):
        envelopes.address(address)


def test_a_domain_goes_over_the_wire_in_ascii():
    assert envelopes.address("maria@zürich.example") == "maria@xn--zrich-kva.example"


@pytest.mark.parametrize(
    ("mail", "stuffed"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\r\n.b\r\n", b"..\r\n..b\r\n.\r\n"),
    ],
)
def test_no_line_of_a_mail_ends_it(mail, stuffed):
    assert _dot_stuffed(mail) == stuffed


def test_an_smtp_url_says_all():
    found = Address.of("smtp://post:p%40ss@mail.example:2525?tls=required")
    assert (found.host, found.port, found.user, found.password) == (
        "mail.example",
        2525,
        "post",
        "p@ss",
    )
    assert (found.wrapped, found.tls_required) == (False, True)
    assert Address.of("smtps://mail.example").port == 465


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_anything_else_is_no_smtp_url(url):
    with pytest.raises(ValueError, match="SMTP_URL"):
        Address.of(url)


def test_a_password_is_not_told_in_the_clear_to_a_server_elsewhere():
    Address.of("smtp://post:secret@127.0.0.1").accept_plain()
    with pytest.raises(OSError, match="encryption"):
        Address.of("smtp://post:secret@mail.example").accept_plain()
    with pytest.raises(OSError, match="encryption"):
        Address.of("smtp://mail.example?tls=required").accept_plain()
