"""What rings, what is told of it, and what processes really offer, are the same."""

import re
from pathlib import Path

import pytest
import yaml

RULES = [
    rule
    for group in yaml.safe_load(Path("deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))[
        "groups"
    ]
    for rule in group["rules"]
]
OPERATIONS = Path("docs/operations.md").read_text(encoding="utf-8")
MADE = re.compile(r'(?:Counter|Gauge|Histogram|Metric)\(\s*"(needlepoint_\w+)"')
NAME = re.compile(r"\bneedlepoint_(?!admin)\w+")


def offered():
    files = [*Path("services").rglob("*.py"), *Path("shared").rglob("*.py")]
    return {name for file in files for name in MADE.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("text", [OPERATIONS, str(RULES)], ids=["operations.md", "alerts.yml"])
def test_every_figure_that_is_named_is_offered(text):
    named = set(NAME.findall(text))
    assert named
    assert named <= offered()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_of_every_alert_it_is_told_what_to_do(rule):
    assert f"| `{rule['alert']}` |" in OPERATIONS
