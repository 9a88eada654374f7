"""Parts of a page, fetched again by its script when something happened."""

import hashlib

from flask import Response, make_response, request


def answer(html: str) -> Response:
    """Answer with a fragment, or with 304 when the script has it already."""
    response = make_response(html)
    response.set_etag(hashlib.sha256(html.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response
