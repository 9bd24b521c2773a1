-- Looked for in every round of the evaluator: what was resolved and still fires.
create index incidents_left_firing on incidents (resolved_at) where not open and (incident -> 'firing')::boolean;
