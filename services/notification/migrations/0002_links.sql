-- Which issue of its client's links an appointment believes: mails carry links of that issue.
ALTER TABLE notification.appointments ADD COLUMN link_issue bigint NOT NULL DEFAULT 0 CHECK (link_issue >= 0);
