-- What the small curves show of the time before a threshold was watched: asked of Prometheus once for each query.
create table threshold_pasts (
    threshold_id uuid primary key references thresholds,
    -- The version that was looked at last, and what it measures.
    version integer not null,
    measures text not null,
    tries integer not null,
    filled_at timestamptz
);
