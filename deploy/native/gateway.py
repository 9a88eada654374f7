"""Caddy, the only public door, with deploy/gateway.Caddyfile."""

import subprocess

from deploy.native import caddy
from deploy.native.machine import Machine
from deploy.native.ports import LOOPBACK
from deploy.native.processes import ROOT

CADDYFILE = ROOT / "deploy" / "gateway.Caddyfile"
_UPSTREAMS = {
    "IDENTITY": "identity-api",
    "BOOKING": "booking-api",
    "CLIENT_RECORDS": "client-records-api",
    "DEVICE_TELEMETRY": "device-telemetry-api",
    "DEVICE_TELEMETRY_LIVE": "device-telemetry-live",
    "NOTIFICATION": "notification-api",
    "HEADQUARTERS": "headquarters-api",
    "HEADQUARTERS_LIVE": "headquarters-live",
    "WEB": "web",
}


def command() -> list[str]:
    """Return the command that runs the gateway in the foreground."""
    return ["caddy", "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"]


def environment(machine: Machine) -> dict[str, str]:
    """Return where the gateway listens and where it sends what."""
    upstreams = {
        f"{name}_UPSTREAM": f"{LOOPBACK}:{machine.ports[process]}"
        for name, process in _UPSTREAMS.items()
    }
    return upstreams | {
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": str(machine.ports["gateway"]),
        "GATEWAY_BUFFERING": _buffering(),
        "XDG_DATA_HOME": str(machine.run / "gateway"),
        "XDG_CONFIG_HOME": str(machine.run / "gateway"),
        "HOME": str(machine.run / "gateway"),
        "GOMAXPROCS": "2",
    }


def _buffering() -> str:
    """Return how this machine's Caddy is told to take requests whole: it changed with 2.7."""
    said = subprocess.run(["caddy", "version"], check=True, capture_output=True, text=True).stdout
    return caddy.buffering(said)
