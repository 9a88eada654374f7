"""Process: identity's API."""

from flask import Flask

from services.identity.api import api_keys, me, signer, staff, tokens
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application.  Identity checks tokens by its own keys: it asks nobody."""
    blueprints = [tokens.blueprint, me.blueprint, staff.blueprint, api_keys.blueprint]
    return create_api("identity", blueprints, key_set=signer.OwnKeys(), exchange=api_keys.token_for)
