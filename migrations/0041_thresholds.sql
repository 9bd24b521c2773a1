-- Alert thresholds of integrations: every version is kept, changes that loosen a P1 wait for a second person, and the
-- evaluator leaves here what it found.

create table thresholds (
    id uuid primary key,
    integration_id uuid not null references integrations,
    key text not null,
    -- Its place among the others of the integration.
    position integer not null,
    -- The version in use.
    version integer not null check (version > 0),
    created_at timestamptz not null,
    constraint thresholds_taken unique (integration_id, key)
);

create table threshold_versions (
    threshold_id uuid not null references thresholds,
    number integer not null check (number > 0),
    rule jsonb not null,
    at timestamptz not null,
    -- Null where it came with the preset.
    by_id uuid references users,
    by_name text,
    approved_by_id uuid references users,
    approved_by_name text,
    why text not null,
    constraint threshold_versions_taken primary key (threshold_id, number)
);
create trigger append_only before update or delete on threshold_versions
    for each row execute function refuse_change();
create trigger append_only_whole before truncate on threshold_versions
    for each statement execute function refuse_change();

-- Changes that wait for another admin, and what became of them.
create table threshold_proposals (
    id uuid primary key,
    threshold_id uuid not null references thresholds,
    base_version integer not null,
    rule jsonb not null,
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    why text not null,
    decided_at timestamptz,
    decided_by_id uuid references users,
    decided_by_name text,
    approved boolean
);
create unique index threshold_proposals_one_open on threshold_proposals (threshold_id) where decided_at is null;

-- How each threshold stands.
create table threshold_states (
    threshold_id uuid primary key references thresholds,
    state text not null check (state in ('ok', 'pending', 'firing', 'unknown')),
    standing jsonb not null
);

-- The worst value of each ten minutes, for the small curves. Nothing stands for no value.
create table threshold_samples (
    threshold_id uuid not null references thresholds,
    at timestamptz not null,
    worst double precision not null,
    primary key (threshold_id, at)
);
create index threshold_samples_age on threshold_samples (at);

create table threshold_transitions (
    threshold_id uuid not null references thresholds,
    seq bigint generated always as identity,
    at timestamptz not null,
    from_state text not null,
    to_state text not null,
    value double precision,
    version integer not null,
    sentence text not null,
    primary key (threshold_id, seq)
);

-- The last round of the evaluator.
create table evaluator (
    single boolean primary key default true check (single),
    began_at timestamptz not null,
    took_ms integer not null,
    period_seconds integer not null,
    thresholds integer not null,
    queries integer not null,
    -- Queries without an answer.
    failed integer not null,
    -- The first reason for that.
    problem text
);
