"""The same story with Docker: docker-compose.yml, one image, no root."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.platforms import PYTHON
from tests.system import story
from tests.system.outside import Platform


class Compose:
    """A platform of its own in Docker, driven by the same commands as a person's."""

    def __init__(self, folder: Path) -> None:
        self._told = os.environ | {
            "STACK": "compose",
            "NEEDLEPOINT_COMPOSE_HOME": str(folder / "compose"),
            "YES": "1",
        }

    def run(self, command):
        done = subprocess.run(
            [PYTHON, "-B", "-m", "deploy.native.bootstrap", command],
            env=self._told,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def compose():
    folder = Path(tempfile.mkdtemp(prefix="needlepoint-compose-"))
    running = Compose(folder)
    try:
        running.run("demo")
        yield Platform.read(folder / "demo.json")
    finally:
        running.run("reset")


@pytest.mark.timeout(1200)  # the image is built first
def test_the_story_is_the_same_with_docker(compose):
    story.tell(compose)


def test_no_process_of_ours_runs_as_root_or_writes_to_its_image(compose):
    shown = subprocess.run(
        ["docker", "ps", "--filter", "ancestor=needlepoint:local", "--quiet"],
        check=True,
        capture_output=True,
        text=True,
    )
    containers = shown.stdout.split()
    assert containers
    asked = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}"
    told = subprocess.run(
        ["docker", "inspect", "--format", asked, *containers],
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(told.stdout.splitlines()) == {"10001:10001 true [ALL]"}
