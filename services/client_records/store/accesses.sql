-- record --
-- One entry; takes the clinic's log until the commit.
SELECT client_records.record_access(
    %(clinic_id)s::uuid, %(actor_id)s::uuid, %(action)s::text, %(purpose)s::text, %(client_ids)s::uuid[],
    %(at)s::timestamptz
) AS position;

-- of_client --
-- Who looked at a client, the latest first.
SELECT position, at, actor_id, action, purpose
FROM client_records.accesses
WHERE
    client_ids @> ARRAY[%(client_id)s::uuid]
    AND (%(before)s::bigint IS NULL OR position < %(before)s::bigint)
ORDER BY position DESC
LIMIT %(limit)s::bigint;

-- chain --
-- A clinic's whole log, to be checked.
SELECT clinic_id, position, at, actor_id, action, purpose, client_ids, previous, hash
FROM client_records.accesses
WHERE clinic_id = %(clinic_id)s
ORDER BY position;
