-- How long the evaluator's last round took of its own, without waiting for Prometheus or Postgres, in microseconds.
alter table evaluator add column own_us integer not null default 0;
