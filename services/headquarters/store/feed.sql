-- hold --
-- Until commit nobody else appends: positions become visible in their order, so that no reader passes one by.
SELECT pg_advisory_xact_lock(hashtextextended('headquarters.feed', 0));

-- append --
INSERT INTO headquarters.feed (clinic_id, kind, data, at) VALUES (%(clinic_id)s, %(kind)s, %(data)s, %(at)s)
RETURNING position;

-- forget --
DELETE FROM headquarters.feed
WHERE position < %(position)s AND at < %(oldest)s;

-- since --
SELECT position, clinic_id, kind, data FROM headquarters.feed
WHERE position > %(position)s AND (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
ORDER BY position
LIMIT %(limit)s;

-- ends --
-- Where the feed begins and ends; the end holds even when the feed was emptied.
SELECT
    min(position) AS first,
    coalesce(max(position), (SELECT last_value FROM headquarters.feed_position_seq)) AS last
FROM headquarters.feed;
