"""What each process is told: the variables of deploy/env.example, with this machine's values."""

from deploy.native import processes, rabbitmq
from deploy.native.machine import Machine
from deploy.native.ports import LOOPBACK
from deploy.native.processes import Process

DATABASE = "needlepoint"
MIGRATOR = "needlepoint_migrator"
MANAGER = "device_telemetry_manager"  # may cut the connection of a device whose secret was revoked
_ADDRESSES = {
    "IDENTITY_URL": "identity-api",
    "BOOKING_URL": "booking-api",
    "CLIENT_RECORDS_URL": "client-records-api",
    "HEADQUARTERS_URL": "headquarters-api",
    "HEADQUARTERS_LIVE_URL": "headquarters-live",
    "DEVICE_TELEMETRY_URL": "device-telemetry-api",
    "DEVICE_TELEMETRY_LIVE_URL": "device-telemetry-live",
}


def common(machine: Machine) -> dict[str, str]:
    """Return what all processes are told."""
    return {
        "NEEDLEPOINT_ENV": "development",
        "BIND_HOST": LOOPBACK,
        "TRUSTED_HOSTS": f"{LOOPBACK},localhost",
        "IDENTITY_URL": machine.url("identity-api"),
    }


def of(process: Process, machine: Machine) -> dict[str, str]:
    """Return the environment of one process."""
    service = process.service
    told = common(machine) | {
        "SERVICE": service,
        "DATABASE_URL": database_url(machine, service),
        "AMQP_URL": machine.rabbit.amqp_url(service, machine.secret(f"amqp-{service}")),
        "DATA_KEY": machine.key(f"data-key-{service}"),
        "ALIVE_FILE": str(machine.run / "alive" / process.name),
    }
    told["PORT" if process.answers_http else "METRICS_PORT"] = str(machine.ports[process.name])
    return told | _OWN.get(service, lambda _: {})(machine)


def password(machine: Machine, service: str) -> str:
    """Return the password of a service's log-in role."""
    return machine.secret(f"database-{service}")


def database_url(machine: Machine, service: str) -> str:
    """Return the database's address for a service's log-in role."""
    return machine.postgres.dsn(DATABASE, f"{service}_app", password(machine, service))


def migrator(machine: Machine) -> str:
    """Return the address under which schemas are changed."""
    return machine.postgres.dsn(DATABASE, MIGRATOR, machine.secret(f"database-{MIGRATOR}"))


def demo(machine: Machine) -> dict[str, str]:
    """Return what the demo franchise is told; what it seeds, it seeds as the services do."""
    told = common(machine)
    for service in processes.services():
        told[f"SEED_DATABASE_URL_{service.upper()}"] = database_url(machine, service)
    return told | {
        "GATEWAY_URL": machine.gateway_url,
        "PUBLIC_URL": machine.gateway_url,
        "MQTT_HOST": LOOPBACK,
        "MQTT_PORT": str(machine.ports["mqtt"]),
        "MAILBOX": str(machine.run / "mail"),
        "DEMO_FILE": str(machine.run / "demo.json"),
        "PENS_FILE": str(machine.run / "pens.json"),
    }


def _notification(machine: Machine) -> dict[str, str]:
    return {
        "SMTP_URL": f"smtp://{LOOPBACK}:{machine.ports['smtp']}",
        "MAIL_FROM": "clinic@needlepoint.example",
        "PUBLIC_URL": machine.gateway_url,
        "LINKS_KEY": machine.secret("links"),
    }


def _web(machine: Machine) -> dict[str, str]:
    """Return what web is told; a cookie without Secure, because the gateway speaks plain HTTP."""
    addresses = {name: machine.url(process) for name, process in _ADDRESSES.items()}
    return addresses | {"WEB_PLAIN_COOKIE": "true"}


def _device_telemetry(machine: Machine) -> dict[str, str]:
    rabbit: rabbitmq.Rabbit = machine.rabbit
    secret = machine.secret(f"amqp-{MANAGER}")
    return {"BROKER_MANAGEMENT_URL": f"http://{MANAGER}:{secret}@{LOOPBACK}:{rabbit.management}"}


def _booking(machine: Machine) -> dict[str, str]:
    return {
        "LINKS_KEY": machine.secret("links"),
        "PAYMENTS_SECRET": machine.secret("payments"),
    }


_OWN = {
    "booking": _booking,
    "notification": _notification,
    "web": _web,
    "device_telemetry": _device_telemetry,
}
