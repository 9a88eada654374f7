"""The demo franchise: four clinics in four time zones, their people, pens and appointments."""
