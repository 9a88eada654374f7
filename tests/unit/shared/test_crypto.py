"""Sealed values open in their own place, with their own key, unchanged; otherwise not at all."""

import base64

import pytest

from shared import crypto, settings
from shared.crypto import Box, SealBroken, new_key, place

HERE = place("clients", "email", 1)


def test_what_was_sealed_opens():
    box = Box(new_key())
    assert box.open(box.seal(b"maria@example.com", HERE), HERE) == b"maria@example.com"


def test_the_same_text_never_looks_the_same():
    box = Box(new_key())
    assert box.seal(b"x", HERE) != box.seal(b"x", HERE)


def test_a_value_copied_to_another_row_does_not_open():
    box = Box(new_key())
    sealed = box.seal(b"x", HERE)
    for elsewhere in (place("clients", "email", 2), place("clients", "phone", 1), b""):
        with pytest.raises(SealBroken):
            box.open(sealed, elsewhere)


def test_one_changed_bit_anywhere_does_not_open():
    box = Box(new_key())
    sealed = box.seal(b"x", HERE)
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises(SealBroken):
            box.open(bytes(changed), HERE)


@pytest.mark.parametrize("cut", [0, 1, 5, 16, 17, 20])
def test_a_cut_value_does_not_open(cut):
    box = Box(new_key())
    with pytest.raises(SealBroken):
        box.open(box.seal(b"x", HERE)[:cut], HERE)


def test_another_key_does_not_open():
    with pytest.raises(SealBroken):
        Box(new_key()).open(Box(new_key()).seal(b"x", HERE), HERE)


def test_an_older_key_opens_and_the_new_one_seals():
    old, new = new_key(), new_key()
    sealed = Box(old).seal(b"x", HERE)
    both = Box(new, old)
    assert both.open(sealed, HERE) == b"x"
    with pytest.raises(SealBroken):
        Box(old).open(both.seal(b"x", HERE), HERE)


def test_a_data_key_is_wrapped_and_forgetting_it_erases():
    kek, data_key = Box(new_key()), new_key()
    wrapped = kek.wrap_key(data_key, place("client", 1))
    assert kek.unwrap_key(wrapped, place("client", 1)) == data_key
    with pytest.raises(SealBroken):
        kek.unwrap_key(wrapped, place("client", 2))
    with pytest.raises(SealBroken):
        kek.open(wrapped, place("client", 1))


def test_a_blind_index_finds_equals_and_tells_fields_and_keys_apart():
    box = Box(new_key())
    assert box.blind_index("a@b.example", "email") == box.blind_index("a@b.example", "email")
    assert box.blind_index("a@b.example", "email") != box.blind_index("a@c.example", "email")
    assert box.blind_index("a@b.example", "email") != box.blind_index("a@b.example", "phone")
    assert box.blind_index("a@b.example") != Box(new_key()).blind_index("a@b.example")
    assert len(box.blind_index("x")) == 16


def test_purposes_do_not_share_keys(monkeypatch):
    monkeypatch.setenv("DATA_KEY", base64.b64encode(new_key()).decode())
    sealed = crypto.box("idempotency").seal(b"x", HERE)
    with pytest.raises(SealBroken):
        crypto.box("signing keys").open(sealed, HERE)


def test_a_rotated_data_key_still_opens_what_the_previous_sealed(monkeypatch):
    old = base64.b64encode(new_key()).decode()
    monkeypatch.setenv("DATA_KEY", old)
    sealed = crypto.box("notes").seal(b"x", HERE)
    monkeypatch.setenv("DATA_KEY", base64.urlsafe_b64encode(new_key()).decode())
    monkeypatch.setenv("DATA_KEY_PREVIOUS", old)
    assert crypto.box("notes").open(sealed, HERE) == b"x"


@pytest.mark.parametrize("wrong", ["short", base64.b64encode(b"x" * 31).decode(), "!!!!"])
def test_a_key_of_the_wrong_size_stops_with_its_name(monkeypatch, wrong):
    monkeypatch.setenv("DATA_KEY", wrong)
    with pytest.raises(settings.SettingMissing, match="DATA_KEY"):
        crypto.box("notes")
