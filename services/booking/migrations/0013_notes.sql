-- What the desk has to know of a visit, and never anything of health; it goes with the client's record.
ALTER TABLE booking.appointments ADD COLUMN note text;
ALTER TABLE booking.appointments ADD CONSTRAINT notes_are_short CHECK (char_length(note) <= 500) NOT VALID;
