"""mq-bridge as it would store readings: MQTT 3.1.1 at QoS 1 into a table, at least once.

`python -m tests.bench.peers.bridge`; environment: MQTT_URL, MQTT_USER, MQTT_PASSWORD, DATABASE_URL.
A persistent session, so that the broker keeps what comes while it is away; a message is
acknowledged after its insert, and the table's key takes a repeat for what it is.
"""

import os
import sys

import mq_bridge

INSERT = """
INSERT INTO bench.bridged (device_id, boot_id, seq, body)
VALUES (${payload:device_id}, ${payload:boot_id}, ${payload:seq}, ${payload:body})
ON CONFLICT DO NOTHING
"""
ROUTE = {
    "batch_size": 1000,
    "input": {
        "mqtt": {
            "url": os.environ["MQTT_URL"],
            "username": os.environ["MQTT_USER"],
            "password": os.environ["MQTT_PASSWORD"],
            "client_id": "bridge",
            "topic": "peer/#",
            "protocol": "v3",
            "qos": 1,
            "clean_session": False,
            "queue_capacity": 2000,
            "max_inflight": 1000,
        }
    },
    "output": {
        "sqlx": {
            "url": os.environ["DATABASE_URL"],
            "table": "bench.bridged",
            "insert_query": INSERT,
        }
    },
}


def main() -> None:
    mq_bridge.init_logging("info")
    route = mq_bridge.Route.from_config({"routes": {"readings": ROUTE}}, "readings")
    route.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    route.join()


if __name__ == "__main__":
    main()
