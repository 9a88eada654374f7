-- squawk-ignore-file require-table-schema
-- Since which epoch a person's access tokens count; from identity.staff_changed.v1.
CREATE TABLE staff_epochs (
    staff_id uuid PRIMARY KEY,
    epoch bigint NOT NULL
);
