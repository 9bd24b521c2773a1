-- The first triage of an incident that opened by itself: asked for in the transaction that opens it, taken once.
create table first_looks (
    incident_id uuid primary key references incidents,
    asked_at timestamptz not null,
    -- How often it was begun.
    tries integer not null default 0,
    -- When it was taken, or was not needed any more, or was given up.
    done_at timestamptz
);
create index first_looks_waiting on first_looks (asked_at) where done_at is null;
