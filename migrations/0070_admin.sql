-- One-time links by which people choose their password, and what checking the audit log came to.

-- At most one link per person; only its hash is kept.
create table invitations (
    user_id uuid primary key references users,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    created_by uuid not null references users,
    constraint invitations_token_taken unique (token_hash)
);

create table audit_checks (
    id uuid primary key,
    asked_by_name text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    -- How many entries there were; null where the log is broken or could not be read.
    entries bigint,
    -- Where it is broken.
    broken_at bigint,
    -- What is wrong, or why it could not be checked.
    why text
);
create index audit_checks_newest on audit_checks (started_at desc);

-- Looking through the log by person, action and subject.
create index audit_log_at on audit_log (at);
