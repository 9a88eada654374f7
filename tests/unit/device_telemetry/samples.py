"""Samples as the rules see them."""

import numpy as np

from services.device_telemetry.domain.readings import Row

CHEEK, NOSE = 8, 6


def samples(n=5, **rows):
    usual = {
        "dt_ms": list(range(0, 100 * n, 100)),
        "zone": CHEEK,
        "depth_um": 500,
        "speed_rpm": 6600,
        "current_ma": 180,
        "temperature_cc": 3120,
        "battery_permille": 870,
    }
    found = np.empty((7, n), dtype=np.int16)
    for row in Row:
        found[row] = (usual | rows)[row.name.lower()]
    return found
