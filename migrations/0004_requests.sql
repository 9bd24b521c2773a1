-- What keeps requests honest, and what leaves the program.

-- Requests that took effect. A repetition of the same request finds its outcome here.
create table idempotency (
    digest bytea primary key,
    user_id uuid not null references users,
    outcome text not null,
    at timestamptz not null
);
create index idempotency_age on idempotency (at);

-- Messages to the outside, written together with what they tell about.
create table outbox (
    id uuid primary key,
    channel text not null,
    body jsonb not null,
    created_at timestamptz not null,
    next_attempt_at timestamptz not null,
    attempts integer not null default 0,
    delivered_at timestamptz,
    failed_at timestamptz,
    last_error text
);
create index outbox_due on outbox (next_attempt_at) where delivered_at is null and failed_at is null;

-- Who has which page open. Worth nothing after a crash.
create unlogged table presence (
    stream uuid primary key,
    topic text not null,
    user_id uuid not null,
    name text not null,
    seen_at timestamptz not null
);
create index presence_topic on presence (topic);
