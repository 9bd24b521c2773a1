-- What responders do about an incident: triage, actions, evidence, the postmortem.

-- Each time somebody looked: what the four looks found, and who overruled which answer. Overruling only grows.
create table triages (
    id uuid primary key,
    incident_id uuid not null references incidents,
    taken_at timestamptz not null,
    by_name text not null,
    findings jsonb not null,
    overruled jsonb not null default '[]',
    version bigint not null default 1
);
create index triages_of_incident on triages (incident_id, taken_at desc);

-- Actions: the row holds the intent, and what was last seen. Never a value of a Secret.
create table mitigations (
    id uuid primary key,
    incident_id uuid not null references incidents,
    namespace text not null,
    deployment text not null,
    -- As the domain has it.
    state jsonb not null,
    version bigint not null default 1,
    -- False once nothing follows by itself.
    active boolean not null,
    -- A switch that stands in the cluster until it is removed.
    standing boolean not null,
    asked_at timestamptz not null
);
create unique index mitigations_one_per_deployment on mitigations (namespace, deployment) where active;
create index mitigations_of_incident on mitigations (incident_id, asked_at desc);
create index mitigations_standing on mitigations (namespace, deployment) where standing;

-- One collecting of evidence. Parts are collected one by one; files are kept as they were collected.
create table evidence_bundles (
    id uuid primary key,
    incident_id uuid not null references incidents,
    asked_at timestamptz not null,
    asked_by_name text not null,
    finished_at timestamptz
);
create index evidence_of_incident on evidence_bundles (incident_id, asked_at desc);
create index evidence_unfinished on evidence_bundles (asked_at) where finished_at is null;

create table evidence_parts (
    bundle_id uuid not null references evidence_bundles,
    part text not null,
    standing jsonb not null,
    primary key (bundle_id, part)
);

create table evidence_files (
    bundle_id uuid not null references evidence_bundles,
    part text not null,
    path text not null,
    content bytea not null,
    sha256 text not null,
    primary key (bundle_id, path)
);

-- Sections of postmortems: every version is kept, the newest counts.
create table postmortem_sections (
    incident_id uuid not null references incidents,
    section text not null,
    version integer not null check (version > 0),
    body text not null,
    by_id uuid not null references users,
    by_name text not null,
    at timestamptz not null,
    constraint postmortem_sections_taken primary key (incident_id, section, version)
);
create trigger append_only before update or delete on postmortem_sections for each row execute function refuse_change();
create trigger append_only_whole before truncate on postmortem_sections for each statement execute function refuse_change();

create table action_items (
    id uuid primary key,
    incident_id uuid not null references incidents,
    body text not null,
    owner text not null,
    due date not null,
    made_at timestamptz not null,
    made_by_name text not null,
    done_at timestamptz,
    done_by_name text
);
create index action_items_of_incident on action_items (incident_id, made_at);
create index action_items_open on action_items (due) where done_at is null;
