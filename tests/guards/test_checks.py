"""What `make test` runs, it runs, and what it cannot run fails."""

from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from deploy.native import checks

SAID_SO, CRASHED = 3, 1


def test_a_part_that_there_is_not_is_told_and_nothing_runs(monkeypatch):
    monkeypatch.setattr(checks.sys, "argv", ["checks", "lint", "intergation"])
    monkeypatch.setattr(checks, "_all", lambda names: pytest.fail(f"ran {names}"))
    with pytest.raises(SystemExit, match=r"No such part: intergation\. There are: web assets; "):
        checks.main()


@pytest.mark.parametrize(
    ("ends_with", "passes"),
    [([SAID_SO], True), ([CRASHED], False), ([0, 0], True), ([0, 1], False)],
)
def test_only_an_engine_that_is_missing_excuses_from_the_story_with_docker(
    monkeypatch, ends_with, passes
):
    ends = iter(ends_with)

    def run(command, **_how):
        return CompletedProcess(command, next(ends))

    monkeypatch.setattr(checks, "subprocess", SimpleNamespace(run=run))
    assert checks.PARTS["docker"]() is passes
    assert not list(ends)
