-- Rollouts: the row holds the intent and what was last seen, the log every decision, the readings what was judged.

create table rollouts (
    id uuid primary key,
    go_live_id uuid not null references go_lives,
    namespace text not null,
    deployment text not null,
    -- The rollout as the domain has it.
    state jsonb not null,
    -- Grows by one with every change of the state; for optimistic concurrency.
    version bigint not null default 1,
    -- False once nothing follows by itself.
    active boolean not null,
    -- When the cluster was last read for it, and what keeps the engine from its work.
    observed_at timestamptz,
    problem text,
    started_at timestamptz not null
);
create unique index rollouts_one_per_deployment on rollouts (namespace, deployment) where active;
create index rollouts_of_go_live on rollouts (go_live_id, started_at desc);
create index rollouts_active on rollouts (id) where active;

-- Every decision with its reason. Only grows.
create table rollout_log (
    rollout_id uuid not null references rollouts,
    seq bigint generated always as identity,
    at timestamptz not null,
    what text not null,
    why text not null,
    primary key (rollout_id, seq)
);
create trigger append_only before update or delete on rollout_log for each row execute function refuse_change();
create trigger append_only_whole before truncate on rollout_log for each statement execute function refuse_change();

-- What each threshold measured; null where it could not be measured.
create table rollout_readings (
    rollout_id uuid not null references rollouts,
    key text not null,
    at timestamptz not null,
    version integer not null,
    value double precision,
    verdict text not null check (verdict in ('pass', 'breach', 'inconclusive')),
    primary key (rollout_id, key, at)
);

-- One driver at a time: whoever holds the lease. The epoch never goes back and never repeats, so a former holder can
-- be told from the present one, also by its writes to the cluster.
create sequence lease_epochs;
create table leases (
    name text primary key,
    holder uuid not null,
    epoch bigint not null,
    expires_at timestamptz not null
);

-- The last look at what has to be right before a start, and the admins' words that it may begin all the same.
create table preflights (
    go_live_id uuid primary key references go_lives,
    findings jsonb not null,
    taken_at timestamptz not null
);
create table preflight_overrides (
    go_live_id uuid not null references go_lives,
    seq bigint generated always as identity,
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    reason text not null,
    -- It counts for the release it was given for, and for no other.
    binding text not null,
    primary key (go_live_id, seq)
);
create trigger append_only before update or delete on preflight_overrides
    for each row execute function refuse_change();
create trigger append_only_whole before truncate on preflight_overrides
    for each statement execute function refuse_change();
