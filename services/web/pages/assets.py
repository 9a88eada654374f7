"""Files that never change under their address: the release, a hash of them all, stands in it."""

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory, url_for

from shared.http.guard import public

FOLDER = Path(__file__).resolve().parent.parent / "static"
MANIFEST = FOLDER / "vendor" / "manifest.json"
FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"
_RELEASE = "WEB_RELEASE"

blueprint = Blueprint("assets", __name__)


class AssetsMissing(RuntimeError):
    """static/vendor/ was not made."""


def release(folder: Path = FOLDER, manifest: Path = MANIFEST) -> str:
    """Return the hash of every static file.  Raises AssetsMissing, which says what to do."""
    try:
        named = [each["file"] for each in json.loads(manifest.read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError) as missing:
        raise AssetsMissing(
            "The web assets are missing: run `python -m deploy.assets`."
        ) from missing
    if absent := [name for name in named if not (manifest.parent / name).exists()]:
        raise AssetsMissing(f"The web assets lack {absent[0]}: run `python -m deploy.assets`.")
    digest = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def address(name: str) -> str:
    """Return where a browser finds a static file."""
    return url_for("assets.file", release=current_app.config[_RELEASE], name=name)


@blueprint.get("/static/<release>/<path:name>")
@public("style, script, font and icons, the same for everybody")
def file(release: str, name: str) -> Response:
    """Send a file; one asked for by a page of an older release is not kept for ever."""
    response = send_from_directory(FOLDER, name, conditional=True)
    ours = release == current_app.config[_RELEASE]
    response.headers["Cache-Control"] = FOREVER if ours else SHORTLY
    return response


@blueprint.get("/favicon.ico")
@public("browsers ask for it unasked")
def favicon() -> Response:
    """Send the mark."""
    response = send_from_directory(FOLDER, "mark.svg")
    response.headers["Cache-Control"] = SHORTLY
    return response
