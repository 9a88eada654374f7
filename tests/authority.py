"""A certificate authority of a test's own: for the broker's listener, and for devices."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Signs; its own certificate is `ca.pem`, the listener's are `cert.pem` and `key.pem`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Tests")
        mine = self._signed(self._name, self._key, ca=True)
        self._write("ca.pem", _pem(mine))
        self.issue("cert", "key", "the broker", host="127.0.0.1")

    def issue(
        self,
        certificate: str,
        key: str,
        name: str,
        *,
        unit: str | None = None,
        host: str | None = None,
    ):
        """Sign for whoever is called `name`, of a `unit`; return the paths of certificate and key.

        A `unit` that begins with `!` comes before the name.
        """
        own = ec.generate_private_key(ec.SECP256R1())
        text = own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        signed = self._signed(_named(name, unit), own, host=host)
        return self._write(f"{certificate}.pem", _pem(signed)), self._write(f"{key}.pem", text)

    def trusted(self, certificate=None) -> ssl.SSLContext:
        """Return what a client needs that trusts us, and shows a certificate and key if given."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def _signed(self, subject, key, *, ca=False, host=None):
        now = datetime.now(UTC)
        draft = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
            draft = draft.add_extension(names, critical=False)
        return draft.sign(self._key, hashes.SHA256())

    def _write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)  # of one test; the broker's account reads them
        return file


def _named(name: str, unit: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if unit is not None:
        of = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit.removeprefix("!"))
        parts.insert(0 if unit.startswith("!") else 1, of)
    return x509.Name(parts)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
