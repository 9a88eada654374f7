"""A device's maker who has only mosquitto's tools gets as far as one who has our kit."""

import subprocess

import pytest

from deploy.devicekit.wire import as_binary, as_json
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch
from tests.patience import until


@pytest.fixture
def mosquitto(machine, pen):
    """Run one of mosquitto's tools as the pen."""

    def run(tool, *arguments, secret=pen.secret):
        known = ["-h", machine.broker.mqtt_host, "-p", str(machine.broker.mqtt_port), "-q", "1"]
        account = ["-i", str(pen.id), "-u", str(pen.id), "-P", secret]
        command = [tool, "-V", "311", *known, *account, *arguments]
        return subprocess.run(command, capture_output=True, timeout=60, check=False)

    return run


@pytest.mark.parametrize("encode", [as_json, as_binary])
def test_a_batch_that_mosquitto_pub_sends_from_a_file_is_kept_once(
    machine, mosquitto, pen, rows, tmp_path, encode
):
    machine.start_ingest()
    topic = f"pens/{pen.clinic.id}/{pen.id}/readings"
    at = just_now()
    for seq in (0, 0, 10):  # the last one is taken in after both that came before
        file = tmp_path / "batch"
        file.write_bytes(encode(a_batch(at, seq=seq, n=10)))
        sent = mosquitto("mosquitto_pub", "-t", topic, "-f", str(file))
        assert sent.returncode == 0, sent.stderr
    seqs = "SELECT seq::int, n FROM device_telemetry.batches ORDER BY seq"
    until(lambda: {"seq": 10, "n": 10} in rows(seqs))
    machine.stop_ingest()
    assert rows(seqs) == [{"seq": 0, "n": 10}, {"seq": 10, "n": 10}]
    assert rows("SELECT reason FROM device_telemetry.set_aside") == []


def test_mosquitto_pub_with_a_wrong_secret_is_refused(mosquitto, pen):
    topic = f"pens/{pen.clinic.id}/{pen.id}/readings"
    refused = mosquitto("mosquitto_pub", "-t", topic, "-m", "{}", secret="wrong")
    assert refused.returncode != 0
    assert b"refused" in refused.stderr.lower()
