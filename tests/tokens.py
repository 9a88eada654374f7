"""Access tokens as identity makes them, signed by a key made for this run."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.people import Person

ISSUER = AUDIENCE = "needlepoint"
KEY_ID = "tests"


class Mint:
    """Signs tokens; `jwks_file` holds the public key, for JWKS_FILE."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        keys = [public | {"kid": KEY_ID, "use": "sig", "alg": "ES256"}]
        self.jwks_file = folder / "jwks.json"
        self.jwks_file.write_text(json.dumps({"keys": keys}), encoding="utf-8")

    def claims(self, person: Person, **changes: Any) -> dict[str, Any]:
        """Return a person's claims; a change of None leaves the claim out."""
        now = int(time.time())
        clinics = ["*"] if person.clinics is None else [str(clinic.id) for clinic in person.clinics]
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(person.id),
            "roles": list(person.roles),
            "clinics": clinics,
            "epoch": 1,
            "iat": now,
            "exp": now + 600,
            "jti": str(uuid.uuid4()),
        } | changes
        return {name: value for name, value in said.items() if value is not None}

    def token(self, person: Person, **changes: Any) -> str:
        """Return an access token for a person."""
        headers = {"typ": "at+jwt", "kid": KEY_ID}
        return jwt.encode(self.claims(person, **changes), self.key, "ES256", headers=headers)
