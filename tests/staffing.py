"""The cast in identity's own tables."""

from shared import clock, db

PASSWORD = "correct horse battery staple"  # noqa: S105 # of made-up people


def employ(*persons, password=PASSWORD):
    """Put people into identity's tables, with one password.  Needs identity's pool."""
    from services.identity.usecases import passwords, staff

    kept = passwords.hashed(password)
    for person in persons:
        wanted = {
            "id": person.id,
            "email": person.email,
            "name": person.name,
            "roles": frozenset(person.roles),
            "clinic_ids": frozenset(clinic.id for clinic in person.clinics or ()),
            "password_hash": kept,
        }
        with db.transaction(db.EVERY_CLINIC) as tx:
            staff.add(tx, wanted, clock.now())
