"""Sealing what must not be read from a stolen disk: AES-256-GCM with a key per purpose.

A sealed value is `version 1 B | key id 4 B | nonce 12 B | ciphertext and tag`.  The associated data
(`table|column|row`) is no secret: it nails the value to its place, so that a ciphertext copied to
another row does not open.
"""

import base64
import binascii
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared import settings

KEY_BYTES = 32
BLIND_BYTES = (
    16  # half a SHA-256: enough to tell addresses apart, too little to confirm a guess by size
)
_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = 1 + _ID_BYTES + _NONCE_BYTES


class SealBroken(ValueError):
    """A sealed value was changed, moved to another place, or made with a key we do not have."""


class Box:
    """Seals with one key, opens with that key or with older ones."""

    def __init__(self, key: bytes, *older: bytes) -> None:
        """Each key is 32 bytes.  `older` keys only open: that is how a key is rotated."""
        if any(len(each) != KEY_BYTES for each in (key, *older)):
            raise ValueError(f"An AES-256 key has {KEY_BYTES} bytes.")
        self._id = key_id(key)
        self._ciphers = {key_id(each): AESGCM(each) for each in (*older, key)}
        self._blind_key = _derive(key, b"blind index")

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Return `plaintext` sealed to the place that `aad` names."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + self._id + nonce + self._ciphers[self._id].encrypt(nonce, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the plaintext.  Raises SealBroken."""
        cipher = self._ciphers.get(sealed[1 : 1 + _ID_BYTES])
        if cipher is None or sealed[:1] != _VERSION or len(sealed) < _HEAD_BYTES:
            raise SealBroken("This value was sealed with a key that is not here.")
        nonce = sealed[1 + _ID_BYTES : _HEAD_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_BYTES:], aad)
        except InvalidTag as broken:
            raise SealBroken("This value was changed or belongs to another place.") from broken

    def wrap_key(self, data_key: bytes, aad: bytes) -> bytes:
        """Seal a data key; to forget the wrapped key is to erase what it sealed."""
        return self.seal(data_key, b"data key|" + aad)

    def unwrap_key(self, wrapped: bytes, aad: bytes) -> bytes:
        """Return a data key that wrap_key sealed.  Raises SealBroken."""
        return self.open(wrapped, b"data key|" + aad)

    def blind_index(self, value: str, field: str = "") -> bytes:
        """Return 16 bytes by which an equal `value` of `field` is found without reading any.

        The caller normalises (case, spaces).  Only for values too many to try: e-mail, phone.
        """
        message = f"{field}|{value}".encode()
        return hmac.digest(self._blind_key, message, hashlib.sha256)[:BLIND_BYTES]


def new_key() -> bytes:
    """Return a fresh 32-byte key."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def key_id(key: bytes) -> bytes:
    """Return the 4 bytes by which sealed values name their key."""
    return hashlib.sha256(b"needlepoint key id|" + key).digest()[:_ID_BYTES]


def place(*parts: object) -> bytes:
    """Return the associated data of a place, such as ("clients", "email", client_id)."""
    return "|".join(str(part) for part in parts).encode()


def box(purpose: str) -> Box:
    """Return the box of one purpose, its keys derived from DATA_KEY and DATA_KEY_PREVIOUS.

    Both are 32 bytes in base64.  Raises SettingMissing.
    """
    rotating = any(name in os.environ for name in ("DATA_KEY_PREVIOUS", "DATA_KEY_PREVIOUS_FILE"))
    previous = settings.secret("DATA_KEY_PREVIOUS") if rotating else ""
    return _box(settings.secret("DATA_KEY"), previous, purpose)


def derived_key(purpose: str) -> bytes:
    """Return a 32-byte key of DATA_KEY's for a purpose other than sealing, such as signing."""
    return _derive(_decoded(settings.secret("DATA_KEY")), purpose.encode())


@cache
def _box(key: str, previous: str, purpose: str) -> Box:
    keys = [_decoded(text) for text in (key, previous) if text]
    return Box(*(_derive(each, purpose.encode()) for each in keys))


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=False)
    except binascii.Error as wrong:
        raise settings.SettingMissing("DATA_KEY must be 32 bytes in base64.") from wrong
    if len(key) != KEY_BYTES:
        raise settings.SettingMissing("DATA_KEY must be 32 bytes in base64.")
    return key


def _derive(key: bytes, purpose: bytes) -> bytes:
    """Return the key of one purpose (HKDF-SHA-256, RFC 5869): purposes never share a key."""
    hkdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose)
    return hkdf.derive(key)
