-- Which zones of a treatment somebody waits for; null: the treatment as a whole, or the zones of what is given up.
ALTER TABLE booking.waiting_entries ADD COLUMN zones text[];
