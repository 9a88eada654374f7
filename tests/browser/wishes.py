"""What the small franchise asks booking for: a clinic, its people, a treatment."""

ALWAYS = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]


def clinic(name, zone):
    return {
        "name": name,
        "time_zone": zone,
        "jurisdiction": "GB",
        "hours": ALWAYS,
        "phone": "+442071838750",
        "email": None,
    }


def practitioner(name, staff_id):
    return {
        "practitioner_id": staff_id,
        "name": name,
        "credential": "registered_nurse",
        "max_depth_face_um": 1500,
        "max_depth_body_um": 2000,
        "valid_until": "2100-01-01",
        "hours": ALWAYS,
    }


def treatment():
    return {
        "name": "Acne scars, face",
        "indication": "IND-02",
        "duration_minutes": 60,
        "interval_days": 28,
        "area": "face",
        "depth_um": 1200,
        "credentials": ["registered_nurse"],
    }
