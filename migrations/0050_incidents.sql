-- Incidents: the row holds what is decided about one, the entries everything that happened.

create sequence incident_numbers;

create table incidents (
    id uuid primary key,
    number bigint not null,
    integration_id uuid not null references integrations,
    -- The threshold or the rollout that opened it.
    threshold text,
    rollout_id uuid references rollouts,
    -- The incident as the domain has it, and what is searched by.
    incident jsonb not null,
    severity text not null check (severity in ('p1', 'p2', 'p3', 'p4')),
    state text not null check (state in ('open', 'investigating', 'identified', 'monitoring', 'resolved', 'reviewed')),
    open boolean not null,
    -- The first response that nobody has been told of as missed; null once answered or told.
    response_due_at timestamptz,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    version bigint not null,
    constraint incidents_number_taken unique (number)
);
-- However often a threshold fires, one incident of it is open.
create unique index incidents_one_per_threshold on incidents (integration_id, threshold)
    where open and threshold is not null;
create unique index incidents_one_per_rollout on incidents (rollout_id) where rollout_id is not null;
create index incidents_newest on incidents (open desc, opened_at desc);
create index incidents_of_integration on incidents (integration_id, opened_at desc);
create index incidents_waiting on incidents (response_due_at) where response_due_at is not null;

-- What happened, and when it was written down. Only grows.
create table incident_entries (
    id uuid primary key,
    incident_id uuid not null references incidents,
    seq bigint generated always as identity,
    kind text not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null,
    actor_id uuid references users,
    actor_name text,
    text text not null,
    link text,
    detail jsonb not null,
    public boolean not null
);
create index incident_entries_of on incident_entries (incident_id, happened_at desc, seq desc);
create trigger append_only before update or delete on incident_entries for each row execute function refuse_change();
create trigger append_only_whole before truncate on incident_entries for each statement execute function refuse_change();

-- What people changed about entries of theirs: the whole entry anew, the last edition counts.
create table incident_entry_editions (
    entry_id uuid not null references incident_entries,
    incident_id uuid not null references incidents,
    edition integer not null check (edition > 0),
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    text text not null,
    link text,
    happened_at timestamptz not null,
    public boolean not null,
    constraint incident_entry_editions_taken primary key (entry_id, edition)
);
create index incident_entry_editions_of on incident_entry_editions (incident_id, entry_id, edition desc);
create trigger append_only before update or delete on incident_entry_editions
    for each row execute function refuse_change();
create trigger append_only_whole before truncate on incident_entry_editions
    for each statement execute function refuse_change();
