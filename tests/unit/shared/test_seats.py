"""A few seats for what takes long."""

import pytest

from shared.seats import Seats


def test_whoever_finds_no_seat_is_told_and_goes_on():
    seats = Seats(2)
    with seats.one() as first, seats.one() as second, seats.one() as third:
        assert (first, second, third) == (True, True, False)


def test_a_seat_is_given_back_whatever_happens_on_it():
    seats = Seats(1)
    with pytest.raises(KeyError), seats.one():
        raise KeyError("lost")
    with seats.one() as seated:
        assert seated


def test_who_had_no_seat_gives_none_back():
    seats = Seats(1)
    with seats.one():
        with seats.one() as second:
            assert not second
        with seats.one() as third:
            assert not third
