"""The broker's definitions, and what device telemetry asks for before it opens the door."""

import importlib.util
import json
import re
from pathlib import Path

import yaml

from deploy.rabbitmq import apply, kubernetes
from services.device_telemetry.domain import topology

DEFINITIONS = json.loads(Path("deploy/rabbitmq/definitions.json").read_text(encoding="utf-8"))


def test_the_door_asks_for_every_binding_that_is_declared():
    declared = {
        (each["source"], each["destination"], each["routing_key"])
        for each in DEFINITIONS["bindings"]
    }
    assert declared == topology.BINDINGS


def test_whatever_devices_reach_sends_on_what_it_cannot_route():
    [policy] = DEFINITIONS["policies"]
    reached = {each["source"] for each in DEFINITIONS["bindings"]} - {topology.UNROUTED}
    assert reached == topology.CAUGHT
    assert all(re.search(policy["pattern"], name) for name in reached)
    assert policy["definition"] == {"alternate-exchange": topology.UNROUTED}


def test_the_last_catch_takes_everything():
    kinds = {each["name"]: each["type"] for each in DEFINITIONS["exchanges"]}
    assert kinds[topology.UNROUTED] == "fanout"
    assert all(queue["durable"] for queue in DEFINITIONS["queues"])


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
