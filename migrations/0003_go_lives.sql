-- Go-lives with their checklist as it was taken from the preset, and everything that was said about its items.

create table go_lives (
    id uuid primary key,
    preset text,
    integration text not null,
    environment text not null,
    namespace text not null,
    deployment text not null,
    container text not null,
    image text not null,
    -- What the tag stood for when it was looked up.
    digest text,
    -- The configuration as it was described, and the hash that statements are bound to.
    configuration text not null,
    config_hash text not null,
    from_image text,
    -- Sections and items as the preset had them: a later change of the preset does not change this go-live.
    sections jsonb not null,
    -- The rollout plan; null while nobody has changed the default.
    plan jsonb,
    version bigint not null default 1,
    created_by uuid not null references users,
    created_by_name text not null,
    created_at timestamptz not null
);
create index go_lives_newest on go_lives (created_at desc);

-- What was said about items. Only grows; the key makes one of two simultaneous entries lose.
create table item_entries (
    go_live_id uuid not null references go_lives,
    item text not null,
    seq integer not null check (seq > 0),
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    role text not null check (role in ('stakeholder', 'release-manager', 'admin')),
    act jsonb not null,
    binding text not null,
    constraint item_entries_taken primary key (go_live_id, item, seq)
);
create trigger append_only before update or delete on item_entries for each row execute function refuse_change();
create trigger append_only_whole before truncate on item_entries for each statement execute function refuse_change();

-- Overrides of the gate. Shown for ever.
create table gate_overrides (
    go_live_id uuid not null references go_lives,
    seq integer not null,
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    reason text not null,
    open_then text[] not null,
    binding text not null,
    constraint gate_overrides_taken primary key (go_live_id, seq)
);
create trigger append_only before update or delete on gate_overrides for each row execute function refuse_change();
create trigger append_only_whole before truncate on gate_overrides for each statement execute function refuse_change();

-- The last finding of each probe.
create table findings (
    go_live_id uuid not null references go_lives,
    probe text not null,
    verdict text not null check (verdict in ('pass', 'fail', 'unknown')),
    sentence text not null,
    evidence text not null,
    taken_at timestamptz not null,
    period_seconds integer not null check (period_seconds > 0),
    primary key (go_live_id, probe)
);
