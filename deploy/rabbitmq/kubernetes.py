"""Command: write deploy/kubernetes/rabbitmq/cluster.yaml from the template that every place uses.

`python -m deploy.rabbitmq.kubernetes`, after deploy/rabbitmq/conf.py or enabled_plugins changed.
"""

import re
import sys
from pathlib import Path

from deploy.rabbitmq.conf import Conf, Tls, devices

FILE = Path(__file__).resolve().parents[1] / "kubernetes" / "rabbitmq" / "cluster.yaml"
_PLUGINS = Path(__file__).with_name("enabled_plugins")
_TLS = "/etc/rabbitmq-tls"  # where the operator puts the secret
_ITS_OWN = {"rabbitmq_management"}  # the operator enables it anyway
_EVERYWHERE = "0.0.0.0"  # noqa: S104 # inside the pod; services and network policies open it
_CLUSTER = """\
# Written by `python -m deploy.rabbitmq.kubernetes`; a guard compares.
# Read by the RabbitMQ Cluster Operator.  Quorum queues are on all three nodes: one may be away.
apiVersion: rabbitmq.com/v1beta1
kind: RabbitmqCluster
metadata:
  name: rabbitmq
spec:
  replicas: 3
  image: rabbitmq:4-management
  persistence:
    storage: 50Gi
  resources:
    requests: {{cpu: "1", memory: 2Gi}}
    limits: {{memory: 2Gi}}
  tls:
    # tls.crt and tls.key of the address that devices call; ca.crt signs devices' own certificates
    secretName: rabbitmq-tls
    caSecretName: rabbitmq-tls
  rabbitmq:
    additionalPlugins:
{plugins}
    additionalConfig: |
{conf}"""


def text() -> str:
    """Return what cluster.yaml holds.  Devices come by TLS only."""
    conf = Conf(
        device_api="http://device-telemetry-api:8000",
        release=4,
        host=_EVERYWHERE,
        mqtt=None,
        tls=Tls(
            _EVERYWHERE, 8883, *(f"{_TLS}/{name}" for name in ("tls.crt", "tls.key", "ca.crt"))
        ),
    )
    plugins = set(re.findall(r"\w+", _PLUGINS.read_text(encoding="utf-8"))) - _ITS_OWN
    return _CLUSTER.format(
        plugins="\n".join(f"      - {name}" for name in sorted(plugins)),
        conf="".join(f"      {line}\n" for line in devices(conf).splitlines()),
    )


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")


if __name__ == "__main__":
    main()
