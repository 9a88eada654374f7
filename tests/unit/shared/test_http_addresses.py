"""Whose address is believed."""

import pytest
from flask import Flask

from shared.http.addresses import client_address

APP = Flask(__name__)


def seen(remote, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with APP.test_request_context(headers=headers, environ_base={"REMOTE_ADDR": remote}):
        return client_address()


@pytest.mark.parametrize(
    ("remote", "forwarded", "believed"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "not an address", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::1", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed(remote, forwarded, believed):
    assert seen(remote, forwarded) == believed


def test_a_proxy_of_another_network_is_believed_when_named(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "172.30.0.0/16")
    assert seen("172.30.0.5", "203.0.113.9") == "203.0.113.9"
    assert seen("127.0.0.1", "203.0.113.9") == "127.0.0.1"
