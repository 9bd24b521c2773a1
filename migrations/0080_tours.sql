-- Who has begun the guided tour, and whether they have put it away. How far it is follows from what really happened.
create table tours (
    user_id uuid primary key references users,
    began_at timestamptz not null,
    put_away boolean not null
);
