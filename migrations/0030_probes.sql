-- When each go-live is looked at next, and how its three lights stood when it was looked at last. What the probes of
-- its items found is in "findings".

create table probe_rounds (
    go_live_id uuid primary key references go_lives,
    -- Whoever moves this on looks: one replica for each round.
    due_at timestamptz not null,
    announced_at timestamptz
);

-- With what was observed, and without what a page makes of it. What was in it is found again in a moment.
drop table lights;
create table lights (
    go_live_id uuid not null references go_lives,
    light text not null check (light in ('vendor', 'integration', 'infrastructure')),
    state text not null check (state in ('healthy', 'degraded', 'down', 'unknown')),
    sentence text not null,
    evidence text not null,
    taken_at timestamptz not null,
    period_seconds integer not null check (period_seconds > 0),
    primary key (go_live_id, light)
);
