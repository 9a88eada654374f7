"""What the tables hold before a run: copies of one real run, in ours and in the flat table."""

from tests.bench.frame import say
from tests.bench.telemetry_ground import Ground

OLD = 1_000_000_000  # boots from here on are history: no run counts them
# Every column but the boot, whatever the table is made of.
COLUMNS = """
SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns
WHERE table_schema = 'device_telemetry' AND table_name = 'batches' AND column_name <> 'boot_id'
"""
GROW = """
INSERT INTO device_telemetry.batches (boot_id, {columns})
SELECT %(old)s + copy, {columns} FROM device_telemetry.batches
CROSS JOIN generate_series(%(first)s, %(last)s) AS copy
WHERE boot_id = %(boot)s
"""
GROW_FLAT = """
INSERT INTO bench.samples
SELECT
    device_id, clinic_id, session_id, %(old)s + copy, seq, at, received_at, zone, depth_um,
    speed_rpm, current_ma, temperature_cc, battery_permille
FROM bench.samples CROSS JOIN generate_series(%(first)s, %(last)s) AS copy
WHERE boot_id = %(boot)s
"""


class History:
    """Grows both tables to so many copies of a run of ours and of one of COPY's."""

    def __init__(self, ground: Ground, ours: int, flat: int) -> None:
        """`ours` and `flat` are the boots that are copied."""
        self._ground, self._ours, self._flat, self._copies = ground, ours, flat, 0

    def grow(self, copies: int) -> None:
        if copies <= self._copies:
            return
        asked = {"old": OLD, "first": self._copies + 1, "last": copies}
        [[columns]] = self._ground.sql(COLUMNS)
        self._ground.sql(GROW.format(columns=columns), asked | {"boot": self._ours})
        self._ground.sql(GROW_FLAT, asked | {"boot": self._flat})
        self._ground.sql("VACUUM ANALYZE")
        self._ground.sql("CHECKPOINT")
        self._copies = copies
        [[rows]] = self._ground.sql("SELECT sum(n)::bigint FROM device_telemetry.batches")
        say(f"  the tables hold {rows:,} samples")
