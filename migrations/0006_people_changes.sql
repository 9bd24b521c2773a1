-- Whoever changes a person or ends a session, by whatever means, tells all replicas: they keep both for moments.
create function announce_people() returns trigger language plpgsql as $$
begin
    perform pg_notify('gantry', 'people');
    return null;
end
$$;
create trigger announce_people after update or delete on users
    for each statement execute function announce_people();
create trigger announce_people after update or delete on tower_sessions.session
    for each statement execute function announce_people();
