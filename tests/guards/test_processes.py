"""The one list of processes, the modules, and docker-compose.yml say the same."""

import importlib.util
import tomllib
from pathlib import Path

import pytest
import yaml

MANIFEST = tomllib.loads(Path("deploy/processes.toml").read_text(encoding="utf-8"))
PROCESSES = MANIFEST["processes"]
COMPOSE = yaml.safe_load(Path("docker-compose.yml").read_text(encoding="utf-8"))
NOT_OURS = {"postgres", "rabbitmq", "gateway", "mailbox", "prepare", "load", "pens", "day"}


def module_of(process):
    service, kind = process["service"], process["kind"]
    if kind == "relay":
        return "shared.amqp.relay"
    names = {"api": "app", "live": process.get("module", "live")}
    return f"services.{service}.{names.get(kind, kind)}"


@pytest.mark.parametrize("name", PROCESSES)
def test_process_has_its_module(name):
    assert importlib.util.find_spec(module_of(PROCESSES[name])) is not None


@pytest.mark.parametrize("kind", ["worker", "timer", "ingest", "listen"])
def test_every_process_module_is_in_the_list(kind):
    written = {path.parent.name for path in Path("services").glob(f"*/{kind}.py")}
    listed = {entry["service"] for entry in PROCESSES.values() if entry["kind"] == kind}
    assert written == listed


def test_compose_runs_the_same_processes():
    assert set(COMPOSE["services"]) - NOT_OURS == set(PROCESSES)


@pytest.mark.parametrize("name", PROCESSES)
def test_compose_process_is_confined(name):
    entry = COMPOSE["services"][name]
    assert entry["read_only"] is True
    assert entry["user"] == "10001:10001"
    assert entry["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in entry["security_opt"]
    assert entry["healthcheck"]["test"]


def test_compose_publishes_on_loopback_only():
    ports = [port for entry in COMPOSE["services"].values() for port in entry.get("ports", [])]
    assert ports
    told = "${MQTT_TLS_ADDRESS:-127.0.0.1}:"  # with TLS, when whoever runs it says so
    assert [port for port in ports if not str(port).startswith(("127.0.0.1:", told))] == []


def test_compose_holds_no_secret():
    text = Path("docker-compose.yml").read_text(encoding="utf-8")
    assert "PASSWORD:" not in text
    for entry in COMPOSE["services"].values():
        for name in entry.get("environment", {}):
            assert not name.endswith(("_KEY", "PASSWORD", "DATABASE_URL", "AMQP_URL")), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_error_verbosity", "terse"),  # the DETAIL of a refused row quotes it, addresses too
    ],
)
def test_postgresql_writes_no_rows_into_its_log(name, value):
    native = Path("deploy/native/postgres.py").read_text(encoding="utf-8").replace("'", "")
    assert f"\n{name} = {value}\n" in native
    assert f"{name}={value}" in COMPOSE["services"]["postgres"]["command"]
