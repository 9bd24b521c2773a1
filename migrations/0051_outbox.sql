-- What a message is about, and what keeps it from being sent twice.

alter table outbox
    add column incident_id uuid references incidents,
    -- What it tells: "opened", "update", …
    add column tell text not null default 'update',
    -- Who wrote it; null where Gantry did.
    add column by_name text,
    -- The same thing is told once, however often it is said.
    add column dedup text,
    -- Until when somebody is sending it; whoever comes later takes it over.
    add column claimed_until timestamptz;
create unique index outbox_once on outbox (dedup) where dedup is not null;
create index outbox_of_incident on outbox (incident_id, created_at desc);
