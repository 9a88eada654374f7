"""What a clinic's machine installs is what the platform uses; what only tests use stays apart."""

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("services", "shared", "deploy")
RUN_BY_NAME = {"gunicorn", "supervisor"}  # the processes are begun with these
READ_BY_OTHERS = {"tzdata"}  # zoneinfo's, where the system has none
IMPORTS = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


def asked_for(file):
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    names = (re.split(r"[\[<>=;]", line)[0].strip().replace("_", "-") for line in lines)
    return {name.lower() for name in names if name and not name.startswith(("-", "#"))}


@pytest.fixture(scope="module")
def imported():
    files = (file for folder in OURS for file in (ROOT / folder).rglob("*.py"))
    return {name for file in files for name in IMPORTS.findall(file.read_text(encoding="utf-8"))}


def test_every_package_that_is_installed_for_the_platform_is_used_by_it(imported):
    modules = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(package.lower().replace("_", "-"), set()).add(module)
    wanted = asked_for("requirements.in") - RUN_BY_NAME - READ_BY_OTHERS
    assert {name for name in wanted if not modules[name] & imported} == set()


@pytest.mark.parametrize("lock", sorted(each.name for each in ROOT.glob("requirements*.lock")))
def test_a_lock_file_says_nothing_of_where_packages_come_from(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert [word for word in ("index-url", "find-links", "://") if word in text] == []
