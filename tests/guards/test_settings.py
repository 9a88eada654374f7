"""Every setting that the code reads is explained in deploy/env.example, and the reverse."""

import re
from pathlib import Path

READ = re.compile(r"""(?:settings|env)\.(?:text|number|flag|secret)\(\s*["']([A-Z0-9_]+)["']""")
TOLD = re.compile(r"(?m)^#?\s*([A-Z][A-Z0-9_]+)=")


def read_by_the_code():
    files = [*Path("services").rglob("*.py"), *Path("shared").rglob("*.py")]
    return {name for file in files for name in READ.findall(file.read_text(encoding="utf-8"))}


def told():
    return set(TOLD.findall(Path("deploy/env.example").read_text(encoding="utf-8")))


def test_every_setting_is_explained():
    assert read_by_the_code() - told() == set()


def test_no_setting_is_explained_that_nothing_reads():
    elsewhere = {"NEEDLEPOINT_ENV", "PORT", "BIND_HOST", "SERVICE"}
    assert told() - read_by_the_code() - elsewhere == set()
