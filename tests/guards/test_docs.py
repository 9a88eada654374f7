"""What the pages for people point to is there."""

import re
from pathlib import Path

import pytest

from deploy.native import bootstrap

PAGES = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").glob("*.md"))]
DECISIONS = sorted(Path("docs/decisions").glob("*.md"))
TOLD = re.compile(r"`([^`\n]+)`")
MADE = {"services/web/static/vendor/"}  # by deploy/assets.py
FOLDERS = ("deploy/", "docs/", "services/", "shared/", "tests/")
TARGETS = set(re.findall(r"(?m)^([a-z]+):", Path("Makefile").read_text(encoding="utf-8")))
# what stands for something else is no path: services/<service>/, NNNN_what.sql
PATH = re.compile(r"[\w./-]+(?:\.(?:py|md|sql|json|toml|yml|example|conf)|/)?")


def paths(page):
    """Yield every path that a page names, from the repository's root on."""
    for told in TOLD.findall(page.read_text(encoding="utf-8")):
        for word in told.split():
            if word.startswith(FOLDERS) and PATH.fullmatch(word):
                yield word


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=str)
def test_every_path_that_a_page_names_exists(page):
    assert {path for path in paths(page) if not Path(path).exists()} <= MADE


def test_some_paths_are_named():
    assert "docs/api-guide.md" in set(paths(Path("README.md")))


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=str)
def test_every_make_command_that_a_page_names_exists(page):
    told = re.findall(r"(?m)(?:`|^)make ([a-z]+)\b", page.read_text(encoding="utf-8"))
    assert set(told) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_says_to_put_before_make_is_heard(page):
    told = re.findall(r"\b([A-Z_]+)=\S+ make [a-z]+\b", page.read_text(encoding="utf-8"))
    assert set(told) <= {"STACK", *bootstrap.KEPT}


def test_each_decision_has_a_number_of_its_own():
    numbers = [file.name[:4] for file in DECISIONS]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.stem)
def test_a_decision_begins_with_the_number_of_its_file(file):
    assert file.read_text(encoding="utf-8").startswith(f"# {int(file.name[:4])}. ")


def test_the_sections_of_the_guide_are_counted_through():
    guide = Path("docs/api-guide.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"(?m)^## (\d+)\. ", guide)]
    assert numbers == list(range(1, len(numbers) + 1))
