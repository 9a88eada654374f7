-- Which issue of its links an appointment believes; a higher one revokes those that were sent before.
ALTER TABLE booking.appointments ADD COLUMN link_issue bigint NOT NULL DEFAULT 0 CHECK (link_issue >= 0);
