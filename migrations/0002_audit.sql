-- The audit log: append-only, numbered without gaps, each entry carrying the hash of the one before it.
-- All of this is done here and not by the program, so that whoever inserts, inserts a link of the chain.

create table audit_head (
    single boolean primary key default true check (single),
    seq bigint not null,
    hash bytea not null
);
insert into audit_head (seq, hash) values (0, '\x');

create table audit_log (
    seq bigint primary key,
    at timestamptz not null,
    actor_id uuid,
    actor_name text not null,
    action text not null,
    subject text not null,
    -- JSON as text, so that its bytes are what was hashed.
    detail text not null,
    prev_hash bytea not null,
    hash bytea not null
);

-- Every field with its length before it, so that no two different entries have the same bytes.
create function audit_hash(
    prev bytea, seq bigint, at timestamptz, actor_id uuid, actor_name text, action text, subject text, detail text
) returns bytea language sql immutable parallel safe as $$
    select sha256(prev || convert_to(string_agg(octet_length(field) || ':' || field, '' order by place), 'UTF8'))
    from unnest(array[
        seq::text, (extract(epoch from at) * 1000000)::bigint::text, coalesce(actor_id::text, ''),
        actor_name, action, subject, detail
    ]) with ordinality as fields (field, place)
$$;

create function audit_chain() returns trigger language plpgsql security definer set search_path from current as $$
declare
    head audit_head%rowtype;
begin
    select * into strict head from audit_head for update;
    new.seq := head.seq + 1;
    new.prev_hash := head.hash;
    new.hash := audit_hash(
        head.hash, new.seq, new.at, new.actor_id, new.actor_name, new.action, new.subject, new.detail);
    update audit_head set seq = new.seq, hash = new.hash;
    return new;
end
$$;
create trigger audit_chain before insert on audit_log for each row execute function audit_chain();

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger append_only_whole before truncate on audit_log for each statement execute function refuse_change();
create trigger head_stays before delete on audit_head for each row execute function refuse_change();
create trigger head_stays_whole before truncate on audit_head for each statement execute function refuse_change();
