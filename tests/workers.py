"""Which tests stay together on one test worker, and begin first.

Groups are told by their files: pytest 9.2 does not hear the marks of pytest-xdist 3.8, for it
computes the name that they are written into.
"""

from xdist.scheduler.loadscope import LoadScopeScheduling

TELEMETRY = "tests/integration/device_telemetry/"
# What starts servers for its module would else start them in each worker.  The longest tests of
# all are in groups, too: groups begin before single tests, so that none is left to a run's end.
TOGETHER = {
    **dict.fromkeys(
        (
            f"{TELEMETRY}test_alarm_amid_floods.py",
            f"{TELEMETRY}test_broker.py",
            f"{TELEMETRY}test_certificates.py",
            f"{TELEMETRY}test_door.py",
            f"{TELEMETRY}test_intruders.py",
            f"{TELEMETRY}test_mqtt_5.py",
            f"{TELEMETRY}test_shortage.py",
            f"{TELEMETRY}test_stock_clients.py",
        ),
        "devices at a broker",
    ),
    f"{TELEMETRY}test_kill.py": "brokers of their own",
    f"{TELEMETRY}test_storm.py": "brokers of their own",
    f"{TELEMETRY}test_live.py": "pens alive",
    "tests/integration/headquarters/test_live.py": "headquarters alive",
    "tests/integration/messaging/test_processes.py": "processes",
    "tests/integration/web/test_doors.py": "signing in",
    "tests/integration/web/test_signing.py": "signing in",
    "tests/integration/web/test_visit.py": "signing in",
    "tests/integration/web/test_pages.py": "pages",
    "tests/integration/booking/test_life_of_a_franchise.py": "long",
    "tests/integration/test_schemathesis.py": "long",
    "tests/contract/test_openapi.py": "openapi",
}


def group_of(file: str) -> str | None:
    """Return the group of a file's tests."""
    return "browser" if file.startswith("tests/browser/") else TOGETHER.get(file)


class Together(LoadScopeScheduling):
    """Gives out groups, the largest first, and then single tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid
