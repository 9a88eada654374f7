"""PostgreSQL and RabbitMQ in containers, by testcontainers, where an engine answers."""

import gc
import os
import secrets
import sys
import warnings
from contextlib import closing
from functools import cache
from pathlib import Path

from deploy.native import ports
from deploy.native.rabbitmq import Rabbit, environment
from tests import lifetimes

POSTGRES = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:17-bookworm")
RABBITMQ = os.environ.get("TEST_RABBITMQ_IMAGE", "rabbitmq:4-management")


@cache
def can_run(image: str) -> bool:
    """Say whether a container engine answers and has the image or can fetch it."""
    if os.environ.get("TEST_SERVERS") == "native":
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        found = _answers(image)
        gc.collect()  # a client that cannot connect leaves a socket open; no test is to blame
    return found


def _answers(image: str) -> bool:
    import docker

    try:
        with closing(docker.from_env()) as client:
            return _has(client, image)
    except docker.errors.DockerException:
        return False


def _has(client, image: str) -> bool:
    import docker

    client.ping()
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        try:
            client.images.pull(image)
        except docker.errors.APIError as refused:
            sys.__stderr__.write(f"An engine answers, but {image} cannot be had: {refused}\n")
            return False
    return True


def _container(image: str):
    """Return a container to be: the run stops its own, so no reaper container is needed."""
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    testcontainers_config.ryuk_disabled = True
    return DockerContainer(image)


def start_postgres(name: str) -> str:
    """Start a PostgreSQL and return a superuser's address."""
    port, password = ports.random_free(1)[0], secrets.token_hex(16)
    # On the host's network: a proxy before a published port would copy every answer once more.
    container = (
        _container(POSTGRES)
        .with_kwargs(network_mode="host")
        .with_env("POSTGRES_PASSWORD", password)
        .with_command(
            f"postgres -p {port} -c listen_addresses={ports.LOOPBACK} -c fsync=off"
            " -c synchronous_commit=off -c max_connections=300 -c jit=off"
        )
    )
    _start(name, container)
    return f"postgresql://postgres:{password}@{ports.LOOPBACK}:{port}/postgres"


def rabbitmq_release() -> int:
    """Return the first number of the version of the image's RabbitMQ, asked once a run."""
    return int(lifetimes.once("rabbitmq-release", _release)["number"])


def _release() -> dict[str, str]:
    import docker

    with closing(docker.from_env()) as client:
        # On the host's network as all others: a new one would disturb the browser's tests.
        said = client.containers.run(
            RABBITMQ, ["rabbitmqctl", "version"], remove=True, network_mode="host"
        )
    return {"number": said.decode().strip().splitlines()[-1].partition(".")[0]}


def start_rabbitmq(name: str, rabbit: Rabbit) -> None:
    """Start a RabbitMQ with the native configuration, on the host's loopback, or start it again."""
    if known := lifetimes.known(name):
        _again(known["container"])
        return
    for file in ("rabbitmq.conf", "enabled_plugins"):
        (rabbit.folder / file).chmod(0o644)  # made for one run; the image's own user reads them
    rabbit.folder.chmod(0o755)
    container = _container(RABBITMQ).with_kwargs(network_mode="host")
    for variable in ("NODENAME", "DIST_PORT", "SERVER_ADDITIONAL_ERL_ARGS"):
        container.with_env(f"RABBITMQ_{variable}", environment(rabbit)[f"RABBITMQ_{variable}"])
    for variable in ("ERL_EPMD_PORT", "ERL_EPMD_ADDRESS"):
        container.with_env(variable, environment(rabbit)[variable])
    for file in ("rabbitmq.conf", "enabled_plugins"):
        container.with_volume_mapping(str(rabbit.folder / file), f"/etc/rabbitmq/{file}", "ro")
    if rabbit.tls:
        folder = str(Path(rabbit.tls.certificate).parent)
        container.with_volume_mapping(folder, folder, "ro")
    _start(name, container)


def _start(name: str, container) -> None:
    container.start()
    lifetimes.remember(name, {"container": container.get_wrapped_container().id})


def _again(container: str) -> None:
    import docker

    with closing(docker.from_env()) as client:
        client.containers.get(container).start()


if __name__ == "__main__":
    if not can_run(POSTGRES):
        sys.__stderr__.write("No container engine to use here: Docker's own story is not told.\n")
        sys.exit(3)
