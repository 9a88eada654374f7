"""Whose address a request comes from: the connection's, unless one of our own proxies tells."""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from flask import request

from shared import settings

UNKNOWN = "unknown"


def client_address() -> str:
    """Return the caller's IP address.

    X-Forwarded-For is believed only from TRUSTED_PROXIES (comma-separated networks; default
    loopback), and only back to the first hop that is not one of them.
    """
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    nearest = request.remote_addr or UNKNOWN
    for hop in [*hops, nearest][::-1]:
        if not _is_address(hop):
            return nearest
        nearest = hop
        if not _is_ours(hop):
            return hop
    return nearest


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_ours(text: str) -> bool:
    address = ip_address(text)
    trusted = _networks(settings.text("TRUSTED_PROXIES", "127.0.0.0/8,::1/128"))
    return any(address in network for network in trusted)


@cache
def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
