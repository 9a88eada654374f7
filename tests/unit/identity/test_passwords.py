"""What a password must be."""

import pytest

from services.identity.domain.common_passwords import COMMON
from services.identity.domain.passwords import LEAST, MOST, PasswordWeak, require_strong


@pytest.mark.parametrize(
    "password",
    ["correct horse", "Tr0ub4dor&3", "sérum à midi", "🧴💉🧴💉🌿🌿🪴🌱", "x7" * 50 + "yz"],
)
def test_long_and_uncommon_is_enough(password):
    require_strong(password, "Bob", "bob@needlepoint.example")


@pytest.mark.parametrize("password", ["password", "PassWord123", "12345678", "qwertyuiop"])
def test_the_first_guesses_are_refused_in_any_case(password):
    with pytest.raises(PasswordWeak, match="first"):
        require_strong(password)


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "abababababab", "112211221122"])
def test_few_letters_often_are_refused(password):
    with pytest.raises(PasswordWeak):
        require_strong(password)


@pytest.mark.parametrize("password", ["", "x7!kQ2z", "x7!kQ2z9" * 33])
def test_too_short_and_too_long_are_refused(password):
    with pytest.raises(PasswordWeak, match=f"{LEAST} to {MOST}"):
        require_strong(password)


@pytest.mark.parametrize(
    "password", ["quintanilha", "MarisaQuintanilha", "needlepoint1", "marisa12"]
)
def test_ones_own_name_is_no_secret(password):
    with pytest.raises(PasswordWeak):
        require_strong(password, "Marisa Quintanilha", "marisa@soho.example")


def test_a_name_inside_a_longer_phrase_is_fine():
    require_strong("marisa climbs trees", "Marisa Quintanilha", "marisa@soho.example")


def test_the_list_holds_nothing_that_is_too_short_to_matter():
    assert len(COMMON) > 350
    assert all(len(word) >= LEAST and word == word.casefold() for word in COMMON)
