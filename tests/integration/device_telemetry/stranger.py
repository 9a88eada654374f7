"""A stock MQTT client that says what it likes, for those who knock at the real broker."""

import socket
import time

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion


class Stranger:
    """A stock MQTT client that says what it likes."""

    protocol = paho.MQTTv311
    clean = True

    def __init__(
        self, machine, user, secret, client_id=None, *, tls=False, certificate=None, will=None
    ):
        self.answer = None
        self.lost = False
        self.granted = None
        self.heard = []
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=user if client_id is None else client_id,
            clean_session=self.clean,
            protocol=self.protocol,
        )
        if user is not None:
            self.client.username_pw_set(user, secret)
        if will is not None:
            self._will(will)
        port = machine.broker.mqtt_port
        if tls or certificate:
            self.client.tls_set_context(machine.authority.trusted(certificate))
            port = machine.broker.mqtts_port
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.payload)
        try:
            self._knock(machine.broker.mqtt_host, port)
        except OSError:  # TLS refuses before MQTT begins
            self.lost = True
        self.until(lambda: self.answer or self.lost)

    def until(self, fact, seconds=60):
        deadline = time.monotonic() + seconds
        while not fact() and time.monotonic() < deadline:
            self.client.loop(0.05)
        return fact()

    @property
    def is_in(self):
        return self.answer == "Success" and not self.lost

    def die(self):
        """Lose the connection without a word."""
        self.client.socket().shutdown(socket.SHUT_RDWR)

    def _will(self, topic):
        self.client.will_set(topic, b"{}", qos=1, retain=True)

    def _knock(self, host, port):
        self.client.connect(host, port)

    def _connected(self, _client, _data, _flags, reason, _more):
        self.answer = str(reason)

    def _disconnected(self, *_):
        self.lost = True

    def _subscribed(self, _client, _data, _mid, reasons, _more):
        self.granted = not reasons[0].is_failure
