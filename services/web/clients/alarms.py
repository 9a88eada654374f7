"""Device telemetry, as far as alarms are concerned: somebody has looked."""

from uuid import UUID

from services.web.clients.http import Service


class Alarms:
    """What the desk does with alarms; it reads them from headquarters, whose stream it follows."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is device telemetry's own address."""
        self._service = Service("alarms of the devices", base_url)

    def acknowledge(self, token: str, alarm_id: UUID) -> None:
        """Say that the person has seen an alarm.  Raises NotFound."""
        self._service.post(f"/v1/alarms/{alarm_id}/acknowledge", token)
