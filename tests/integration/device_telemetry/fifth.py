"""A stock client of MQTT 5, which says more than the devices' protocol has words for."""

from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.integration.device_telemetry.stranger import Stranger


def properties(packet, **facts):
    """Return what MQTT 5 adds to a packet: properties("PUBLISH", TopicAlias=1)."""
    made = Properties(getattr(PacketTypes, packet))
    for name, value in facts.items():
        setattr(made, name, value)
    return made


class Fifth(Stranger):
    """A stranger who speaks MQTT 5; `said` is what it adds to its first packet."""

    protocol = paho.MQTTv5
    clean = None

    def __init__(self, machine, pen, *, clean=True, delay_s=None, will=None, **said):
        self._clean, self._said, self._delay_s = clean, said, delay_s
        self.reasons = []
        self.present = None
        super().__init__(machine, str(pen.id), pen.secret, will=will)

    def publish(self, topic, body=b"{}", **said):
        """Send with QoS 1; say whether the broker took it."""
        if self.lost:
            return False
        more = properties("PUBLISH", **said) if said else None
        sent = self.client.publish(topic, body, qos=1, properties=more)
        self.until(lambda: self.lost or sent.is_published())
        return sent.is_published() and not self.refused

    @property
    def refused(self):
        """Whether the broker refused one of our messages."""
        return any(reason.is_failure for reason in self.reasons)

    def subscribe(self, topic):
        """Ask to hear a topic; say whether the broker allowed it."""
        self.granted = None
        if not self.lost:
            self.client.subscribe(topic, qos=1)
        self.until(lambda: self.lost or self.granted is not None)
        return bool(self.granted) and not self.lost

    def _will(self, topic):
        more = None
        if self._delay_s is not None:
            more = properties("WILLMESSAGE", WillDelayInterval=self._delay_s)
        self.client.will_set(topic, b"{}", qos=1, properties=more)

    def _knock(self, host, port):
        self.client.on_publish = self._published
        more = properties("CONNECT", **self._said)
        self.client.connect(host, port, clean_start=self._clean, properties=more)

    def _published(self, _client, _data, _mid, reason, _more):
        self.reasons.append(reason)

    def _connected(self, client, data, flags, reason, more):
        self.present = flags.session_present
        super()._connected(client, data, flags, reason, more)
