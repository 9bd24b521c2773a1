//! Bringing the database to the layout that this program knows, and giving the application's role its rights.

use std::str::FromStr as _;

use gantry_domain::digest::hex;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

/// The migrations, part of the program.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// What the application's role may do. Histories can be added to and read; everything else can be worked with.
const RIGHTS: &str = "
do $$
declare
    histories constant text[] := array['audit_log', 'item_entries', 'gate_overrides', 'rollout_log', 'preflight_overrides',
        'incident_entries', 'incident_entry_editions']
        || array['threshold_versions']
        || array['integration_overrides'];
    history text;
begin
    if not exists (select 1 from pg_roles where rolname = 'gantry_app') then
        begin
            create role gantry_app nologin;
        exception when insufficient_privilege or duplicate_object or unique_violation then null;
        end;
    end if;
    if not exists (select 1 from pg_roles where rolname = 'gantry_app') then
        return;
    end if;
    if not pg_has_role(current_user, 'gantry_app', 'member') then
        begin
            execute format('grant gantry_app to %I', current_user);
        exception when insufficient_privilege then null;
        end;
    end if;
    grant usage on schema public, tower_sessions to gantry_app;
    grant select, insert, update, delete on all tables in schema public, tower_sessions to gantry_app;
    grant usage on all sequences in schema public to gantry_app;
    revoke all on audit_head, _sqlx_migrations from gantry_app;
    grant select on audit_head, _sqlx_migrations to gantry_app;
    foreach history in array histories loop
        execute format('revoke update, delete, truncate on %I from gantry_app', history);
    end loop;
end
$$;
";

/// Applies what is missing. Safe to run at the same time from several places.
pub async fn migrate(url: &str) -> Result<(), sqlx::Error> {
    let options =
        PgConnectOptions::from_str(url)?.application_name("gantry migrate").disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await?;
    MIGRATOR.run(&mut connection).await?;
    // Rights are per table, and roles are per cluster: two databases may be migrated at once.
    connection.execute("select pg_advisory_lock(7264617274)").await?;
    let rights = connection.execute(RIGHTS).await;
    connection.execute("select pg_advisory_unlock(7264617274)").await?;
    rights?;
    connection.close().await
}

/// A name that changes whenever a migration or the rights do, for tests that keep a migrated template.
pub fn template_version() -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATOR.iter() {
        hash.update(&migration.checksum);
    }
    hash.update(RIGHTS);
    format!("m{}", hex(hash.finalize().iter().take(8)))
}
