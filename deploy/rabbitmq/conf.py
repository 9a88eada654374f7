"""rabbitmq.conf from one template: natively, with Docker and in Kubernetes.

Standard library only, because the compose commands run on whatever Python a machine has.
"""

from dataclasses import dataclass
from pathlib import Path

# A batch has 64 KiB at most and no event of ours comes near; what is larger costs only memory.
MOST_BYTES = 256 * 1024
# How long the broker believes that a device may touch something.  Log-ins are never believed.
BELIEVED_MS = 60_000
# How long what a device should hear is kept for one that asks for it: a stop is worth as long.
SESSION_KEPT_S = 120


@dataclass(frozen=True, slots=True)
class Tls:
    """Where devices connect from outside, and the files of it as the broker sees them.

    `authority` signs devices' own certificates; a device without one shows its secret instead.
    """

    host: str
    port: int
    certificate: str
    key: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conf:
    """What differs from place to place.

    `device_api` is the address of device-telemetry-api as the broker sees it.  `release` is the
    first number of RabbitMQ's version.  `mqtt` without TLS is for loopback and private networks;
    None opens no such listener.
    """

    device_api: str
    release: int
    host: str
    mqtt: int | None
    tls: Tls | None = None


def devices(conf: Conf) -> str:
    """Return the part that is about devices: who lets them in, where they connect."""
    door = f"{conf.device_api}/broker"
    lines = [
        # Services are the broker's own users; devices are asked of device-telemetry: the log-in
        # each time, what a device may touch once in a while (docs/decisions/0050).
        "auth_backends.1 = internal",
        "auth_backends.2.authn = http",
        "auth_backends.2.authz = cache",
        "auth_cache.cached_backend = http",
        f"auth_cache.cache_ttl = {BELIEVED_MS}",
        "auth_http.http_method = post",
        f"auth_http.user_path = {door}/user",
        f"auth_http.vhost_path = {door}/vhost",
        f"auth_http.resource_path = {door}/resource",
        f"auth_http.topic_path = {door}/topic",
        "mqtt.vhost = /",
        "mqtt.exchange = amq.topic",
        "mqtt.allow_anonymous = false",
        "mqtt.retained_message_store = rabbit_mqtt_retained_msg_store_noop",  # nothing is retained
        f"max_message_size = {MOST_BYTES}",
    ]
    if conf.release >= 4:  # noqa: PLR2004 # as the version says: 3.10 knows none of these
        lines += [
            f"mqtt.max_packet_size_unauthenticated = {MOST_BYTES // 4}",
            f"mqtt.max_packet_size_authenticated = {MOST_BYTES}",
            f"mqtt.max_session_expiry_interval_seconds = {SESSION_KEPT_S}",
        ]
    else:
        lines.append(f"mqtt.subscription_ttl = {SESSION_KEPT_S * 1000}")
    if conf.mqtt is None:
        lines.append("mqtt.listeners.tcp = none")
    else:
        lines.append(f"mqtt.listeners.tcp.default = {conf.host}:{conf.mqtt}")
    return "\n".join([*lines, *_tls(conf.tls)]) + "\n"


def _tls(tls: Tls | None) -> list[str]:
    """Return the listener for devices outside.

    A certificate's whole subject becomes the user name, so that no certificate can name a user of
    the broker's own: those have no `CN=` in front.
    """
    if tls is None:
        return []
    return [
        f"mqtt.listeners.ssl.default = {tls.host}:{tls.port}",
        "mqtt.ssl_cert_login = true",
        "ssl_cert_login_from = distinguished_name",
        f"ssl_options.certfile = {tls.certificate}",
        f"ssl_options.keyfile = {tls.key}",
        f"ssl_options.cacertfile = {tls.authority}",
        "ssl_options.verify = verify_peer",
        "ssl_options.fail_if_no_peer_cert = false",
        "ssl_options.versions.1 = tlsv1.3",
        "ssl_options.versions.2 = tlsv1.2",
    ]


def tls_in(folder: Path, *, host: str, port: int, seen_as: str | None = None) -> Tls | None:
    """Return the listener that cert.pem, key.pem and ca.pem in a folder make; None without them.

    `seen_as` is the folder's place for the broker, where that is another.
    """
    names = ("cert.pem", "key.pem", "ca.pem")
    if not all((folder / name).exists() for name in names):
        return None
    return Tls(host, port, *(f"{seen_as or folder}/{name}" for name in names))
