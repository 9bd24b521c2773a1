-- Read for each rendering of the status page: how bad an incident ever was.
create index incident_entries_severity on incident_entries (incident_id) where kind = 'severity';
