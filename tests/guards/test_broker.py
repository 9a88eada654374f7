"""The broker's definitions, and what device telemetry asks for before it opens the door."""

import importlib.util
import json
import re
from pathlib import Path
from types import SimpleNamespace

import yaml

from deploy.native import broker
from deploy.rabbitmq import apply, kubernetes
from services.device_telemetry.domain import topology
from shared.amqp import topology as events

DEFINITIONS = json.loads(Path("deploy/rabbitmq/definitions.json").read_text(encoding="utf-8"))
POLICIES = {each["name"]: each for each in DEFINITIONS["policies"]}


def test_the_door_asks_for_every_binding_that_is_declared():
    declared = {
        (each["source"], each["destination"], each["routing_key"])
        for each in DEFINITIONS["bindings"]
    }
    assert declared == topology.BINDINGS


def test_whatever_devices_reach_sends_on_what_it_cannot_route():
    policy = POLICIES["pens-nobody-hears"]
    reached = {each["source"] for each in DEFINITIONS["bindings"]} - {topology.UNROUTED}
    assert reached == topology.CAUGHT
    assert all(re.search(policy["pattern"], name) for name in reached)
    assert policy["definition"] == {"alternate-exchange": topology.UNROUTED}


def test_what_devices_let_expire_goes_where_everything_else_goes_that_nobody_took():
    policy = POLICIES["pens-let-expire"]
    queues = {each["name"] for each in DEFINITIONS["queues"]} - {topology.UNROUTED}
    assert all(re.search(policy["pattern"], name) for name in queues)
    assert not re.search(policy["pattern"], topology.UNROUTED)
    assert policy["definition"] == {"dead-letter-exchange": topology.UNROUTED}


def test_looking_at_what_nobody_heard_never_drops_it():
    """RabbitMQ 4 drops after twenty returns what a queue has no limit for."""
    policy = POLICIES["nobody-heard"]
    assert re.search(policy["pattern"], events.UNROUTED)
    assert policy["definition"] == {"delivery-limit": events.NEVER}


def test_the_last_catch_takes_everything():
    kinds = {each["name"]: each["type"] for each in DEFINITIONS["exchanges"]}
    assert kinds[topology.UNROUTED] == "fanout"
    assert all(queue["durable"] for queue in DEFINITIONS["queues"])


def test_events_have_the_exchange_that_services_declare_before_anybody_may_write_there():
    """RabbitMQ 4.3 grants nothing at an exchange that is not there."""
    declared = {}

    def nothing(*_words, **_more):
        pass

    channel = SimpleNamespace(
        exchange_declare=lambda name, kind, **more: declared.update({name: {"type": kind} | more}),
        queue_declare=nothing,
        queue_bind=nothing,
    )
    events.declare_exchange(channel)
    [found] = [each for each in DEFINITIONS["exchanges"] if each["name"] == broker.EVENTS]
    wanted = declared[broker.EVENTS]
    assert {name: found[name] for name in wanted} == wanted


def test_every_place_has_the_same_settings_for_devices():
    """Natively, with Docker and in Kubernetes they come from one template."""
    assert kubernetes.FILE.read_text(encoding="utf-8") == kubernetes.text()
    for place in ("native/rabbitmq.py", "compose/secrets.py"):
        text = Path("deploy", place).read_text(encoding="utf-8")
        assert "devices(common)" in text
        assert not re.search(r"^(auth_|mqtt\.|ssl_|max_message)", text, re.MULTILINE), place


def test_in_kubernetes_devices_come_by_tls_only():
    [cluster] = yaml.safe_load_all(kubernetes.text())
    conf = dict(
        line.split(" = ") for line in cluster["spec"]["rabbitmq"]["additionalConfig"].splitlines()
    )
    assert conf["mqtt.listeners.tcp"] == "none"
    assert conf["mqtt.listeners.ssl.default"].endswith(":8883")
    assert (conf["auth_backends.2.authn"], conf["auth_backends.2.authz"]) == ("http", "cache")
    enabled = Path("deploy/rabbitmq/enabled_plugins").read_text(encoding="utf-8")
    for plugin in cluster["spec"]["rabbitmq"]["additionalPlugins"]:
        assert plugin in enabled


def test_kubernetes_runs_what_it_needs_and_confined():
    folder = kubernetes.FILE.parent
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert {*listed["resources"], "kustomization.yaml"} == {file.name for file in folder.iterdir()}
    [job] = yaml.safe_load_all((folder / "definitions.yaml").read_text(encoding="utf-8"))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert importlib.util.find_spec(container["command"][-1])
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts == {str(apply.ADMINISTRATOR), str(apply.SECRETS)}
