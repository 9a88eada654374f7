"""Where the platform is, and who the pen: what is written into a device when it is set up."""

import ipaddress
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Identity:
    """Address, names and secret of a pen.

    `ca_file` turns on TLS; loopback may do without.  `certificate` and `key` (PEM files) prove who
    the pen is in place of the secret, which is then empty.  `https` is the address of the service
    (`https://clinics.example/api/device-telemetry`) for networks that do not let MQTT out.
    """

    host: str
    port: int
    device_id: UUID
    clinic_id: UUID
    secret: str
    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None
    https: str | None = None
    https_ca_file: str | None = None  # None: the certificate authorities of this machine

    def topic(self, what: str) -> str:
        """Return one of the pen's own topics."""
        return f"pens/{self.clinic_id}/{self.device_id}/{what}"

    @property
    def batches_url(self) -> str | None:
        """Return where batches go over HTTPS, None without such a way."""
        return f"{self.https}/v1/devices/{self.device_id}/batches" if self.https else None

    @property
    def is_safe(self) -> bool:
        """Say whether the secret would travel encrypted, or not leave this machine."""
        ways = urlsplit(self.https or "https:")
        by_https = ways.scheme == "https" or _is_here(ways.hostname or "")
        return by_https and (bool(self.ca_file) or _is_here(self.host))

    def tls(self) -> ssl.SSLContext | None:
        """Return how to speak TLS with the broker, None where that is not needed."""
        if not self.ca_file:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


class Unsafe(RuntimeError):
    """The secret would travel in the clear."""


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
