-- Every start with nobody in the database prints a link, and several replicas start at once: each link is good beside the
-- others until it runs out or there is a user.
alter table first_admin drop column single;
alter table first_admin add constraint first_admin_known primary key (token_hash);
