-- At which clinics people are employed, as identity last told; null: at every clinic.  Somebody it has not told of yet is
-- not here.  Who belongs to whom must be known across clinics, so this hides nothing; it holds nothing but ids.
CREATE TABLE booking.staff_members (
    id uuid PRIMARY KEY,
    clinic_ids uuid[],
    active boolean NOT NULL
);
