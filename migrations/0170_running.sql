-- A fingerprint of the configuration that was last seen in the cluster, and since when it was seen. Null where nobody could
-- look yet. What was stated until then is bound to image and described configuration alone, and stays so.
alter table go_lives
    add column running text,
    add column running_since timestamptz,
    add constraint go_lives_running check ((running is null) = (running_since is null));
