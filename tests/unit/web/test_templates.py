"""Templates and scripts keep what the content policy asks, and name only icons that exist."""

import re
from pathlib import Path

import pytest

WEB = Path("services/web")
TEMPLATES = sorted(WEB.glob("templates/**/*.html"))
SCRIPTS = sorted(WEB.glob("static/js/*.js"))
ICONS = set(Path("frontend/icons.txt").read_text(encoding="utf-8").split())
IN_TEMPLATES = re.compile(r"""icon\('([a-z0-9-]+)'""")
IN_PYTHON = re.compile(
    r"""(?:Look\("[a-z]+", |Page\("[^"]*", "[^"]*", |Number\([^)]*?icon=)"([a-z0-9-]+)\""""
)


def named():
    found = set()
    for file in TEMPLATES:
        found |= set(IN_TEMPLATES.findall(file.read_text(encoding="utf-8")))
    for file in WEB.rglob("*.py"):
        found |= set(IN_PYTHON.findall(file.read_text(encoding="utf-8")))
    return found


def test_there_are_templates_and_scripts():
    assert TEMPLATES
    assert SCRIPTS


@pytest.mark.parametrize("file", TEMPLATES, ids=str)
def test_no_style_and_no_script_stands_in_a_template(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"<style|javascript:|\|\s*safe", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("file", [*TEMPLATES, *SCRIPTS, *WEB.glob("static/css/*.css")], ids=str)
def test_nothing_is_fetched_from_elsewhere(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("file", SCRIPTS, ids=str)
def test_scripts_make_no_code_and_write_no_markup(file):
    text = file.read_text(encoding="utf-8")
    for word in (
        "eval(",
        "new Function",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
    ):
        assert word not in text


def test_every_icon_that_is_named_is_brought():
    assert named() - ICONS == set()
