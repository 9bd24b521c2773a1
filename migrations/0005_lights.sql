-- The three lights of a go-live as they were last seen.
create table lights (
    go_live_id uuid not null references go_lives,
    light text not null check (light in ('vendor', 'integration', 'infrastructure')),
    name text not null,
    tone text not null check (tone in ('good', 'warning', 'bad', 'unknown')),
    word text not null,
    sentence text not null,
    taken_at timestamptz not null,
    period_seconds integer not null check (period_seconds > 0),
    primary key (go_live_id, light)
);
