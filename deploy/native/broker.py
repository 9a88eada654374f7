"""The broker's users, what each may do, and what must exist before the first device publishes."""

import json
from collections.abc import Callable

from deploy.native import environment, processes, rabbitmq
from deploy.native.rabbitmq import Management, NoSuchThing

VHOST = "/"
EVENTS = "needlepoint.events"
_DEVICES = r"|telemetry\..*|amq\.topic"


def set_up(api: Management, password_of: Callable[[str], str]) -> None:
    """Declare queues and bindings, then users: whoever may connect finds everything in place."""
    definitions = (rabbitmq.SOURCES / "definitions.json").read_text(encoding="utf-8")
    api.define(json.loads(definitions), VHOST)
    for service in processes.services():
        api.add_user(service, password_of(service))
        _permit(api, service)
    # RabbitMQ lets only administrators close another's connection, and see all that stands there.
    manager = environment.MANAGER
    api.add_user(manager, password_of(manager), tags="administrator")
    api.permit(manager, VHOST, configure="^$", write="^$", read="^$")  # looks in, touches nothing
    try:
        api.call("DELETE", "users/guest")
    except NoSuchThing:
        return  # gone already


def _permit(api: Management, service: str) -> None:
    """Let a service have its own queue, hear every event, and announce only its own."""
    wire = service.replace("_", "-")
    own = rf"needlepoint\.(events|unrouted|{wire}|{wire}\.dead)"
    devices = _DEVICES if service == "device_telemetry" else ""
    api.permit(
        service,
        VHOST,
        configure=f"^({own}{devices})$",
        write=rf"^({own}|amq\.default{devices})$",
        read=f"^({own}{devices})$",
    )
    wanted = {"exchange": EVENTS, "write": rf"^{service}\.", "read": ".*"}
    api.call("PUT", f"topic-permissions/%2F/{service}", wanted)
