-- keep --
INSERT INTO headquarters.stream_tickets (sha256, staff_id, stream, of_clinic, expires_at)
VALUES (%(sha256)s, %(staff_id)s, %(stream)s, %(of_clinic)s, %(expires_at)s);

-- forget --
DELETE FROM headquarters.stream_tickets
WHERE expires_at < %(now)s;

-- use --
DELETE FROM headquarters.stream_tickets
WHERE sha256 = %(sha256)s AND expires_at >= %(now)s
RETURNING staff_id, stream, of_clinic;
