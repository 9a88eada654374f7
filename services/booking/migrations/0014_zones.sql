-- How long each zone takes, [{"zone": "ZON-05", "minutes": 20}], and which models of device will do; none: any.
ALTER TABLE booking.treatments
ADD COLUMN zone_minutes jsonb NOT NULL DEFAULT '[]'::jsonb,
ADD COLUMN device_models text[] NOT NULL DEFAULT '{}'::text[];

-- Which zones an appointment is for; none: the treatment as a whole.
ALTER TABLE booking.appointments ADD COLUMN zones text[] NOT NULL DEFAULT '{}'::text[];
