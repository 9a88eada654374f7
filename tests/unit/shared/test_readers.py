"""Readers of long answers: slow ones are waited for a while, not for ever."""

import socket

import pytest

from shared.http import readers
from shared.http.readers import LEAST_BYTES_S, PATIENCE_S, TooSlow, in_time

SECOND = bytes(LEAST_BYTES_S)  # as much as is to be read in one


class Clock:
    """A clock that goes on when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


def taken(seconds, clock):
    """How many parts of a second each a reader gets who takes so long for each."""
    got = 0
    for _ in in_time([SECOND] * 100, {}, clock):
        got += 1
        clock.now += seconds
    return got


def test_a_reader_in_good_time_gets_everything():
    assert taken(0.9, Clock()) == 100


def test_a_pause_that_is_made_up_for_is_forgiven():
    clock, got = Clock(), 0
    for _ in in_time([SECOND] * 100, {}, clock):
        got += 1
        clock.now += PATIENCE_S / 2 if got == 10 else 0.9
    assert got == 100


def test_whoever_reads_too_slowly_in_the_long_run_is_cut_off():
    with pytest.raises(TooSlow):
        taken(2.0, Clock())


def test_the_time_that_we_take_is_not_the_readers():
    clock = Clock()

    def slowly():
        for _ in range(100):
            clock.now += 60
            yield SECOND

    assert len(list(in_time(slowly(), {}, clock))) == 100


def test_a_send_to_somebody_who_reads_nothing_comes_to_an_end(monkeypatch):
    monkeypatch.setattr(readers, "PATIENCE_S", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        parts = in_time([b"x" * 1024] * 100_000, {"gunicorn.socket": ours})
        with pytest.raises(TimeoutError):
            for part in parts:
                ours.sendall(part)
        parts.close()
