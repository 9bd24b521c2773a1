-- An integration: one preset in one environment with the workload it runs as. Go-lives are opened for it; thresholds
-- and incidents belong to it.

create table integrations (
    id uuid primary key,
    preset text not null,
    environment text not null,
    -- Namespace, deployment and container as the newest go-live has them; null for the platform, which is no workload.
    workload jsonb,
    created_at timestamptz not null,
    constraint integrations_taken unique (preset, environment)
);

-- The platform is there from the beginning, in an environment of its own.
insert into integrations (id, preset, environment, workload, created_at)
values (gen_random_uuid(), 'platform', 'platform', null, now());

insert into integrations (id, preset, environment, workload, created_at)
select gen_random_uuid(), newest.preset, newest.environment,
    jsonb_build_object(
        'namespace', newest.namespace, 'deployment', newest.deployment, 'container', newest.container),
    first.created_at
from (
    select distinct on (preset, environment) preset, environment, namespace, deployment, container
    from go_lives
    where preset is not null and preset <> 'platform'
    order by preset, environment, created_at desc, id desc
) newest
join (
    select preset, environment, min(created_at) as created_at from go_lives group by preset, environment
) first using (preset, environment);
