-- People, how they sign in, and their sessions.

create table users (
    id uuid primary key,
    -- What one types to sign in: an e-mail address or a short name, in small letters.
    login text not null,
    name text not null check (length(name) between 1 and 120),
    role text not null check (role in ('stakeholder', 'release-manager', 'admin')),
    -- Argon2id in PHC form; null for people who only sign in through the identity provider.
    password_hash text,
    -- Issuer and subject at the identity provider, separated by a space.
    oidc_subject text,
    -- Grows when all sessions of this person are to end.
    session_epoch integer not null default 0,
    disabled_at timestamptz,
    created_at timestamptz not null,
    constraint users_login_taken unique (login),
    constraint users_subject_taken unique (oidc_subject),
    constraint users_login_form check (login = lower(login) and length(login) between 1 and 200)
);

-- Failed attempts to sign in, by account and by address. Counted before the password is looked at.
create table sign_in_attempts (
    kind text not null check (kind in ('account', 'address')),
    subject text not null,
    failures integer not null,
    last_at timestamptz not null,
    primary key (kind, subject)
);

-- The link that makes the first admin. At most one, and useless once there is a user.
create table first_admin (
    single boolean primary key default true check (single),
    token_hash bytea not null,
    created_at timestamptz not null
);

-- The layout that tower-sessions-sqlx-store expects.
create schema tower_sessions;
create table tower_sessions.session (
    id text primary key not null,
    data bytea not null,
    expiry_date timestamptz not null
);
create index session_expiry on tower_sessions.session (expiry_date);
