-- What admins say about one integration instead of its preset. Every version is whole, and the newest counts.
create table integration_overrides (
    integration_id uuid not null references integrations,
    version integer not null check (version > 0),
    overrides jsonb not null,
    -- Each setting that it changed, with what counted before and after.
    changes jsonb not null,
    at timestamptz not null,
    by_id uuid not null references users,
    by_name text not null,
    why text not null,
    constraint integration_overrides_taken primary key (integration_id, version)
);
create trigger append_only before update or delete on integration_overrides
    for each row execute function refuse_change();
create trigger append_only_whole before truncate on integration_overrides
    for each statement execute function refuse_change();
