-- Tables of the index: what the files say, one row per thing, no sums.
--
-- Purpose: the indexer writes these, the views in queries/ read them.
-- Units:   money is DECIMAL in USD, times are TIMESTAMP in UTC, unknown is NULL.
-- Source:  the files under the root; each comment says which.
-- No primary keys: rows are replaced by key inside a transaction, which loads
-- faster than an index on every table; queries/audits/ hold the keys unique.

create table if not exists settings (
    enabled boolean not null,
    monthly_budget decimal(18, 6),
    timeseries_days integer not null,
    timezone varchar not null
);

comment on table settings is
'The analytics section of project_config.json as last read. Grain: exactly one row. Source: agent/project_config.json.';

comment on column settings.enabled is
'Whether the dashboard is turned on.';
comment on column settings.monthly_budget is
'Budget of a calendar month in USD; null means no budget.';
comment on column settings.timeseries_days is
'Length of the daily series in days, today included.';
comment on column settings.timezone is
'IANA name of the zone in which days and months are cut.';

create table if not exists budgets (
    place integer not null,
    name varchar not null,
    scope varchar not null,
    match varchar,
    amount decimal(18, 6) not null,
    soft_amount decimal(18, 6),
    period varchar not null,
    thresholds double[] not null,
    timezone varchar,
    week_start integer not null,
    starts_on date,
    ends_on date
);

comment on table budgets is
'The list analytics.budgets as last read. Grain: one row per budget. Source: agent/project_config.json.';

comment on column budgets.place is
'Place in the list, from 1.';
comment on column budgets.name is
'Name, once in the list.';
comment on column budgets.scope is
'''global'', ''project'', ''model'', ''role'' or ''mode''.';
comment on column budgets.match is
'Name of the project, model, role or mode; null where the scope is global.';
comment on column budgets.amount is
'What a period may cost, USD.';
comment on column budgets.soft_amount is
'What it should cost, USD; null where not set.';
comment on column budgets.period is
'''day'', ''week'', ''month'', ''quarter'', ''year'' or ''total''.';
comment on column budgets.thresholds is
'Percent of the amount that count as steps, ascending.';
comment on column budgets.timezone is
'IANA name of the zone in which its days are cut; null for that of settings.';
comment on column budgets.week_start is
'First day of its weeks, from 1, Monday, to 7, Sunday.';
comment on column budgets.starts_on is
'First day that counts; null where open.';
comment on column budgets.ends_on is
'Last day that counts; null where open.';

create table if not exists alert_settings (
    sensitivity varchar not null,
    quiet_days integer not null,
    off varchar[] not null
);

comment on table alert_settings is
'The part of analytics.alerts that rules read. Grain: exactly one row. Source: agent/project_config.json.';

comment on column alert_settings.sensitivity is
'''low'', ''normal'' or ''high''.';
comment on column alert_settings.quiet_days is
'Days of history that a subject must have before a rule for anomalies speaks of it.';
comment on column alert_settings.off is
'Rules that never speak.';

create table if not exists index_info (
    schema_version integer not null,
    views_fingerprint varchar not null,
    root varchar not null,
    root_identity varchar,
    snapshot bigint not null,
    published_at timestamp,
    revision bigint not null,
    published_revision bigint not null
);

comment on table index_info is
'What this file is. Grain: exactly one row. Source: the indexer.';

comment on column index_info.schema_version is
'Version of the tables.';
comment on column index_info.views_fingerprint is
'Hash of the installed views; tells whether they are current.';
comment on column index_info.root is
'Folder whose run files are indexed.';
comment on column index_info.root_identity is
'Device and inode of run_logs when last scanned; a change means that the folder was replaced.';
comment on column index_info.snapshot is
'Number of the newest published snapshot.';
comment on column index_info.published_at is
'When it was published, UTC.';
comment on column index_info.revision is
'Counts the transactions that changed what readers see.';
comment on column index_info.published_revision is
'Revision of the newest snapshot; behind revision while a publish is due.';

create table if not exists sources (
    path varchar generated always as (
        coalesce(other_path, 'run_logs/' || run_id || '/run_summary.json')
    ) virtual,
    kind varchar not null,
    state varchar not null,
    run_id varchar,
    size bigint not null,
    mtime_ns bigint not null,
    ctime_ns bigint not null,
    inode hugeint not null,
    content_hash varchar,
    read_again boolean not null,
    absent_passes integer not null,
    missing_since timestamp,
    standing integer default 0,
    holder varchar,
    other_path varchar
);

comment on table sources is
'Bookkeeping of every file read. Grain: one row per file. Source: file system.';

comment on column sources.path is
'Path relative to the root, with forward slashes; for a record its file, # and the run.';
comment on column sources.kind is
'''run'', ''jobs'', ''config'', the name of a source; ''record'', ''events'' or ''session'' for a run in a file of one.';
comment on column sources.state is
'''indexed'', ''duplicate'' (another file holds the same run and is newer), or ''invalid''.';
comment on column sources.run_id is
'Run that the file described when it was last readable.';
comment on column sources.size is
'Size in bytes.';
comment on column sources.mtime_ns is
'Modification time, nanoseconds since 1970 UTC.';
comment on column sources.ctime_ns is
'Change time, nanoseconds since 1970 UTC.';
comment on column sources.inode is
'Inode number.';
comment on column sources.content_hash is
'BLAKE2b-64 of the bytes, hexadecimal; null where nothing could be read.';
comment on column sources.read_again is
'Changed so shortly before it was read that the next pass reads it again.';
comment on column sources.absent_passes is
'Full passes in a row that did not find the file; 0 while it is there.';
comment on column sources.missing_since is
'When two full passes had not found it, UTC; null while it is there.';
comment on column sources.standing is
'What speaks for a run, the least first: 0 summary, 1 record, 2 events up to its end, 3 session, 4 events so far.';
comment on column sources.holder is
'File that holds the record of a run that this row stands for; null where the row is a file.';
comment on column sources.other_path is
'The path where it is not run_logs/<run_id>/run_summary.json, else null; what path is made of.';

create sequence if not exists run_keys;

create table if not exists runs (
    run_id varchar not null,
    source_path varchar generated always as (
        coalesce(other_path, 'run_logs/' || run_id || '/run_summary.json')
    ) virtual,
    project_name varchar not null,
    project_dir varchar,
    mode varchar,
    task varchar,
    started_at timestamp,
    finished_at timestamp,
    max_rounds bigint,
    rounds_completed bigint,
    final_status varchar,
    safety_status varchar,
    qa_status varchar,
    qa_summary varchar,
    cost_usd decimal(18, 12),
    estimated_cost_usd decimal(18, 12),
    max_cost_usd decimal(18, 12),
    calls bigint,
    input_tokens bigint,
    output_tokens bigint,
    total_tokens bigint,
    tokens_redacted boolean not null,
    stale_since timestamp,
    source_missing_since timestamp,
    indexed_at timestamp not null,
    run_key bigint not null default nextval('run_keys'),
    other_path varchar
);

comment on table runs is
'One orchestrator run. Grain: one row per run_id. Money in USD, times in UTC. Source: run_logs/<id>/run_summary.json.';

comment on column runs.run_id is
'Identity of the run; the folder''s name where the file has none.';
comment on column runs.source_path is
'File that the row was read from, relative to the root.';
comment on column runs.project_name is
'Last component of project_dir; ''unknown'' where there is none.';
comment on column runs.project_dir is
'Project folder as written.';
comment on column runs.mode is
'Mode in lower case: 2loop, 3loop or another.';
comment on column runs.task is
'Task text, at most 10,000 characters.';
comment on column runs.started_at is
'Start, UTC; null where missing or unusable.';
comment on column runs.finished_at is
'End, UTC; null where missing or unusable.';
comment on column runs.max_rounds is
'Rounds allowed.';
comment on column runs.rounds_completed is
'Rounds done.';
comment on column runs.final_status is
'Outcome as written: success, timeout, cost_cap_exceeded …';
comment on column runs.safety_status is
'Outcome of the safety check as written.';
comment on column runs.qa_status is
'QA outcome in lower case: passed, warning, failed, error; null where QA did not run.';
comment on column runs.qa_summary is
'QA outcome in words.';
comment on column runs.cost_usd is
'Cost: the total that the file states, else the sum of its roles where each is known; null where unknown.';
comment on column runs.estimated_cost_usd is
'Cost that was estimated before the run.';
comment on column runs.max_cost_usd is
'Cost cap of the run.';
comment on column runs.calls is
'Model calls.';
comment on column runs.input_tokens is
'Prompt tokens; null where unknown or redacted.';
comment on column runs.output_tokens is
'Completion tokens; null where unknown or redacted.';
comment on column runs.total_tokens is
'Sum over the roles; null where one of them is unknown.';
comment on column runs.tokens_redacted is
'Whether a log sanitizer has removed token counts.';
comment on column runs.stale_since is
'Since when the file cannot be read any more, so that this row is its last good version; UTC.';
comment on column runs.source_missing_since is
'Since when the file is gone; the run stays, because the money was spent; UTC.';
comment on column runs.indexed_at is
'When the row was written, UTC.';
comment on column runs.run_key is
'Number of this row, under which the tables that end in _rows name it; another one when the run is read anew.';
comment on column runs.other_path is
'The path where it is not run_logs/<run_id>/run_summary.json, else null; what source_path is made of.';

create table if not exists role_usage_rows (
    run_key bigint not null,
    role varchar not null,
    model varchar not null,
    calls bigint,
    input_tokens bigint,
    output_tokens bigint,
    total_tokens bigint,
    cost_usd decimal(18, 12),
    is_split boolean not null default false,
    is_model_usage boolean not null default false
);

comment on table role_usage_rows is
'Stored rows of role_usage. Grain: run × role × model. Source: cost_summary.by_role; llm_calls.';

comment on column role_usage_rows.run_key is
'Run, as runs.run_key.';
comment on column role_usage_rows.role is
'Role: manager, supervisor, employee …';
comment on column role_usage_rows.model is
'Model of the role: its own, else that of models_used, else <role>_unknown.';
comment on column role_usage_rows.calls is
'Model calls; null where unknown.';
comment on column role_usage_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column role_usage_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column role_usage_rows.total_tokens is
'Tokens: as stated, else prompt plus completion; null where unknown.';
comment on column role_usage_rows.cost_usd is
'Cost in USD; null where unknown.';
comment on column role_usage_rows.is_split is
'Whether the role used several models in this run, so that it has a row for each.';
comment on column role_usage_rows.is_model_usage is
'Whether it is all that the model used in this run as well, so that other_model_rows has no row for it.';

create table if not exists other_model_rows (
    run_key bigint not null,
    model varchar not null,
    calls bigint,
    input_tokens bigint,
    output_tokens bigint,
    total_tokens bigint,
    cost_usd decimal(18, 12)
);

comment on table other_model_rows is
'Rows of model_usage that role_usage_rows does not hold as well. Grain: run × model. Source: as model_usage.';

comment on column other_model_rows.run_key is
'Run, as runs.run_key.';
comment on column other_model_rows.model is
'Model name.';
comment on column other_model_rows.calls is
'Model calls; null where unknown.';
comment on column other_model_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column other_model_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column other_model_rows.total_tokens is
'Tokens; null where any part is unknown.';
comment on column other_model_rows.cost_usd is
'Cost in USD; null where any part is unknown.';

create table if not exists iteration_rows (
    run_key bigint not null,
    position integer not null,
    iteration_index bigint,
    role varchar,
    status varchar,
    notes varchar,
    safety_status varchar,
    occurred_at timestamp
);

comment on table iteration_rows is
'Stored rows of iterations: rounds of a run. Grain: run × position. Source: iterations.';

comment on column iteration_rows.run_key is
'Run, as runs.run_key.';
comment on column iteration_rows.position is
'Place in the list, from 1.';
comment on column iteration_rows.iteration_index is
'Index as written.';
comment on column iteration_rows.role is
'Role that acted.';
comment on column iteration_rows.status is
'Outcome as written.';
comment on column iteration_rows.notes is
'Notes, at most 10,000 characters.';
comment on column iteration_rows.safety_status is
'Outcome of the safety check.';
comment on column iteration_rows.occurred_at is
'Time of the round, UTC.';

create table if not exists qa_issue_rows (
    run_key bigint not null,
    position integer not null,
    category varchar,
    severity varchar,
    message varchar,
    file varchar,
    line bigint
);

comment on table qa_issue_rows is
'Stored rows of qa_issues: what QA found. Grain: run × position. Source: qa_report.issues.';

comment on column qa_issue_rows.run_key is
'Run, as runs.run_key.';
comment on column qa_issue_rows.position is
'Place in the list, from 1.';
comment on column qa_issue_rows.category is
'Kind of check: html, accessibility …';
comment on column qa_issue_rows.severity is
'Severity as written.';
comment on column qa_issue_rows.message is
'What was found, at most 10,000 characters.';
comment on column qa_issue_rows.file is
'File concerned.';
comment on column qa_issue_rows.line is
'Line concerned.';

create table if not exists llm_calls (
    call_id varchar not null,
    source varchar not null,
    path varchar not null,
    file_offset bigint not null,
    run_id varchar,
    session_id varchar,
    message_id varchar,
    project_dir varchar,
    role varchar,
    model varchar,
    called_at timestamp,
    input_tokens bigint,
    output_tokens bigint,
    cache_write_tokens bigint,
    cache_write_1h_tokens bigint,
    cache_read_tokens bigint,
    cost_usd decimal(18, 12),
    service_tier varchar
);

comment on table llm_calls is
'Calls of a model that other tools recorded. Grain: source × call. Source: transcripts, spans.';

comment on column llm_calls.call_id is
'The call''s own identity, by which its copies are known: message and request, or trace and span.';
comment on column llm_calls.source is
'Kind of record, as runmeter sources lists them.';
comment on column llm_calls.path is
'File that the row was read from.';
comment on column llm_calls.file_offset is
'Where its line begins in the file, in bytes.';
comment on column llm_calls.run_id is
'Run, where the record names one; else the session is the run.';
comment on column llm_calls.session_id is
'Session or conversation.';
comment on column llm_calls.message_id is
'Identity of the answer.';
comment on column llm_calls.project_dir is
'Folder that was worked in, or the name of the service.';
comment on column llm_calls.role is
'main, subagent, or the name of the agent.';
comment on column llm_calls.model is
'Model as the record names it.';
comment on column llm_calls.called_at is
'When, UTC.';
comment on column llm_calls.input_tokens is
'Tokens of input that were neither written to a cache nor read from one; null where unknown.';
comment on column llm_calls.output_tokens is
'Tokens of output; null where unknown.';
comment on column llm_calls.cache_write_tokens is
'Tokens written to the cache; null where not told.';
comment on column llm_calls.cache_write_1h_tokens is
'Those of them that are kept for an hour; null where not told.';
comment on column llm_calls.cache_read_tokens is
'Tokens read from the cache; null where not told.';
comment on column llm_calls.cost_usd is
'Cost that the record states, USD; null where it states none.';
comment on column llm_calls.service_tier is
'What was bought where that has a price of its own: batch, priority, fast …; null where not told.';

create table if not exists prices (
    model varchar not null,
    valid_from date,
    over_prompt_tokens bigint not null,
    input_usd decimal(18, 6) not null,
    output_usd decimal(18, 6) not null,
    cache_write_5m_usd decimal(18, 6),
    cache_write_1h_usd decimal(18, 6),
    cache_read_usd decimal(18, 6),
    source varchar not null,
    seen_on date not null
);

comment on table prices is
'The price table. Grain: model × day × band of prompt lengths. USD for a million tokens. Source: the price file.';

comment on column prices.model is
'Model as the makers name it, without the date of a release.';
comment on column prices.valid_from is
'First day, UTC; null where the price holds since the model exists.';
comment on column prices.over_prompt_tokens is
'Prompts longer than this, cache included; 0 for all.';
comment on column prices.input_usd is
'Input that is neither written to a cache nor read from one.';
comment on column prices.output_usd is
'Output.';
comment on column prices.cache_write_5m_usd is
'Written to the cache for five minutes; null where unknown.';
comment on column prices.cache_write_1h_usd is
'Written to the cache for an hour; null where unknown.';
comment on column prices.cache_read_usd is
'Read from the cache; null where unknown.';
comment on column prices.source is
'Where the price was seen.';
comment on column prices.seen_on is
'When it was seen there.';

create table if not exists jobs (
    job_id varchar not null,
    status varchar,
    run_id varchar,
    project_name varchar,
    mode varchar,
    task varchar,
    created_at timestamp,
    updated_at timestamp,
    started_at timestamp,
    finished_at timestamp,
    error varchar,
    logs_path varchar,
    removed_at timestamp
);

comment on table jobs is
'Background jobs. Grain: one row per job. Times in UTC. Source: jobs_state.json.';

comment on column jobs.job_id is
'Identity; #<place in the list> where the file has none or repeats one.';
comment on column jobs.status is
'Status as written; completed, failed, cancelled, running and queued are counted by name.';
comment on column jobs.run_id is
'Run that the job made: result_summary.run_id.';
comment on column jobs.project_name is
'Project of the job.';
comment on column jobs.mode is
'Mode in lower case.';
comment on column jobs.task is
'Task text, at most 10,000 characters.';
comment on column jobs.created_at is
'Creation, UTC.';
comment on column jobs.updated_at is
'Last change, UTC.';
comment on column jobs.started_at is
'Start, UTC.';
comment on column jobs.finished_at is
'End, UTC.';
comment on column jobs.error is
'Error text, at most 10,000 characters.';
comment on column jobs.logs_path is
'Log file as written.';
comment on column jobs.removed_at is
'Since when the state file does not list the job any more, UTC; such jobs are in no count.';

create table if not exists job_events (
    job_id varchar not null,
    previous_status varchar,
    status varchar,
    changed_at timestamp,
    seen_at timestamp not null
);

comment on table job_events is
'Each status change that a pass has seen. Grain: job × change. Source: differences between versions of jobs_state.json.';

comment on column job_events.job_id is
'Job.';
comment on column job_events.previous_status is
'Status before; null when the job was first seen.';
comment on column job_events.status is
'Status after; null when the job left the file.';
comment on column job_events.changed_at is
'The job''s own updated_at, UTC.';
comment on column job_events.seen_at is
'When the indexer saw it, UTC.';

create table if not exists ingest_issues (
    path varchar not null,
    severity varchar not null,
    place varchar not null,
    line bigint,
    column_number bigint,
    reason varchar not null,
    found varchar,
    first_seen timestamp not null,
    last_seen timestamp not null
);

comment on table ingest_issues is
'What could not be read, or not used. Grain: file × place. Rows vanish when the file is mended. Source: the indexer.';

comment on column ingest_issues.path is
'File, relative to the root.';
comment on column ingest_issues.severity is
'''error'': the file could not be taken; ''warning'': a value in it was left out.';
comment on column ingest_issues.place is
'Key within the document; empty where the whole file is concerned.';
comment on column ingest_issues.line is
'Line of a syntax error, from 1.';
comment on column ingest_issues.column_number is
'Column of a syntax error, from 1.';
comment on column ingest_issues.reason is
'What is wrong and what is allowed.';
comment on column ingest_issues.found is
'What was found, at most 80 characters.';
comment on column ingest_issues.first_seen is
'First pass that saw it, UTC.';
comment on column ingest_issues.last_seen is
'Last pass that read the file and saw it, UTC.';

create table if not exists alert_watch (
    since timestamp not null
);

comment on table alert_watch is
'Whether alerts are decided on. Grain: one row, none before the first time. Source: the daemon or runmeter notify.';

comment on column alert_watch.since is
'When that was done first, UTC.';

create table if not exists alerts (
    alert_id varchar not null,
    alert_key varchar not null,
    rule varchar not null,
    scope varchar not null,
    subject varchar not null,
    period date,
    first_day date not null,
    state varchar not null,
    level double not null,
    said_state varchar not null,
    said_level double not null,
    explanation varchar not null,
    events integer not null,
    opened_at timestamp not null,
    changed_at timestamp not null,
    said_at timestamp not null,
    over_at timestamp,
    acknowledged_at timestamp,
    snoozed_until timestamp
);

comment on table alerts is
'Alerts that were decided on, open and past. Grain: one row per alert. Times in UTC. Source: alert_findings, by the daemon.';

comment on column alerts.alert_id is
'Identity, which the ids of its messages begin with.';
comment on column alerts.alert_key is
'Hash of rule, scope, period and subject; alerts without a period that follow one another have the same.';
comment on column alerts.rule is
'''budget'', ''forecast'' or a rule of anomalies.';
comment on column alerts.scope is
'What the subject is: ''budget'', ''project'', ''model'' or ''run''.';
comment on column alerts.subject is
'Name of the budget, project or model, or the run.';
comment on column alerts.period is
'First day of its period, or its day; null where it has none.';
comment on column alerts.first_day is
'First day of what it was about when it began.';
comment on column alerts.state is
'''WARNING'', ''ALERT'' or ''NO_DATA''; ''OK'' when it is over.';
comment on column alerts.level is
'Highest step that a budget has reached, percent; else 0.';
comment on column alerts.said_state is
'State that was told last; ''OK'' once its end was.';
comment on column alerts.said_level is
'Highest level that was told in that state.';
comment on column alerts.explanation is
'Why, in words and numbers, when it last changed or was told.';
comment on column alerts.events is
'How many alert_events it has.';
comment on column alerts.opened_at is
'When it was first found, UTC.';
comment on column alerts.changed_at is
'When its state or level last changed, UTC.';
comment on column alerts.said_at is
'When it was last told of, UTC.';
comment on column alerts.over_at is
'When it was over, UTC; null while it is open.';
comment on column alerts.acknowledged_at is
'Since when somebody knows of it, UTC; null while nobody said so.';
comment on column alerts.snoozed_until is
'Until when it is silent, UTC; null where it is not.';

create table if not exists alert_events (
    event_id varchar not null,
    alert_id varchar not null,
    number integer not null,
    kind varchar not null,
    state varchar not null,
    level double not null,
    explanation varchar not null,
    happened_at timestamp not null,
    is_spoken boolean not null
);

comment on table alert_events is
'What became of each alert. Grain: alert × number. Times in UTC. Source: the daemon.';

comment on column alert_events.event_id is
'Identity, which is that of its message unless it was told with others.';
comment on column alert_events.alert_id is
'Alert.';
comment on column alert_events.number is
'Place among the events of the alert, from 1.';
comment on column alert_events.kind is
'''opened'', ''raised'', ''lowered'', ''repeated'' or ''over''.';
comment on column alert_events.state is
'State from then on.';
comment on column alert_events.level is
'Level from then on.';
comment on column alert_events.explanation is
'Why, in words and numbers.';
comment on column alert_events.happened_at is
'When it was decided, UTC.';
comment on column alert_events.is_spoken is
'Whether the channels are told of it.';

create table if not exists messages (
    message_id varchar not null,
    kind varchar not null,
    title varchar not null,
    body varchar not null,
    state varchar not null,
    rule varchar not null,
    subject varchar not null,
    link varchar not null,
    made_at timestamp not null,
    attachments varchar[] not null
);

comment on table messages is
'What is or was to be sent through channels. Grain: one row per message. Times in UTC. Source: the daemon.';

comment on column messages.message_id is
'Identity, the same for each repeat: a receiver can drop what it has seen.';
comment on column messages.kind is
'''alert'' or ''report''.';
comment on column messages.title is
'Title.';
comment on column messages.body is
'Text.';
comment on column messages.state is
'''WARNING'', ''ALERT'', ''OK'' or ''NO_DATA''.';
comment on column messages.rule is
'Rule of the alert, or kind of the report.';
comment on column messages.subject is
'What it is about.';
comment on column messages.link is
'Path on the dashboard; empty where there is none.';
comment on column messages.made_at is
'When it became true, UTC.';
comment on column messages.attachments is
'Names of files in the folder outbox of the private folder.';

create table if not exists deliveries (
    message_id varchar not null,
    channel varchar not null,
    attempts integer not null,
    try_at timestamp,
    delivered_at timestamp,
    given_up_at timestamp,
    error varchar
);

comment on table deliveries is
'Each message on its way through each channel. Grain: message × channel. Times in UTC. Source: the daemon.';

comment on column deliveries.message_id is
'Message.';
comment on column deliveries.channel is
'Name of the channel.';
comment on column deliveries.attempts is
'How often it was tried in vain.';
comment on column deliveries.try_at is
'When it is tried next, UTC; null where it is delivered or given up.';
comment on column deliveries.delivered_at is
'When the receiver took it, UTC; null where it did not.';
comment on column deliveries.given_up_at is
'When it was given up, UTC; null where it was not.';
comment on column deliveries.error is
'Why the last try failed; null where none did.';

create table if not exists channel_states (
    channel varchar not null,
    failures integer not null,
    paused_until timestamp,
    last_error varchar not null,
    last_delivered_at timestamp
);

comment on table channel_states is
'How the channels are that were used. Grain: one row per channel. Times in UTC. Source: the daemon.';

comment on column channel_states.channel is
'Name of the channel.';
comment on column channel_states.failures is
'Failures in a row.';
comment on column channel_states.paused_until is
'Until when it rests after many failures, UTC; null where it does not.';
comment on column channel_states.last_error is
'Why it failed last; empty since it last took a message.';
comment on column channel_states.last_delivered_at is
'When it last took a message, UTC.';

create table if not exists appended_files (
    path varchar not null,
    generation integer not null,
    read_to bigint not null,
    in_long_line boolean not null,
    head_hash varchar not null,
    last_hash varchar not null,
    lines bigint not null,
    bad_lines bigint not null
);

comment on table appended_files is
'How far files that are appended to have been read. Grain: one row per file. Source: the indexer.';

comment on column appended_files.path is
'File as in sources.';
comment on column appended_files.generation is
'How often reading has begun anew because the file was replaced or cut off.';
comment on column appended_files.read_to is
'Offset in bytes at which reading goes on; behind it stands at most a line without its end.';
comment on column appended_files.in_long_line is
'Whether that offset lies in a line too long to be read, whose rest is passed over.';
comment on column appended_files.head_hash is
'BLAKE2b-128 of the first 4,096 bytes that were read; another one means another file.';
comment on column appended_files.last_hash is
'BLAKE2b-128 of the last 4,096 bytes that were read.';
comment on column appended_files.lines is
'Lines read since the file was first seen; empty ones, and those without the mark of their source, left out.';
comment on column appended_files.bad_lines is
'Lines of them that could not be used.';

create table if not exists kept_records (
    path varchar not null,
    run_id varchar not null,
    project_name varchar,
    mode varchar,
    started_at timestamp,
    record varchar not null
);

comment on table kept_records is
'Runs told of in files that hold more than one. Grain: file × run. Source: files of sources beside run summaries.';

comment on column kept_records.path is
'File and run, as in sources.';
comment on column kept_records.run_id is
'Run as the record names it; that of sources is the run that it counts as.';
comment on column kept_records.project_name is
'Project of the run.';
comment on column kept_records.mode is
'Mode in lower case.';
comment on column kept_records.started_at is
'Start, UTC; with project and mode it tells that a summary of another id is the same run.';
comment on column kept_records.record is
'The record as JSON, because the line may be gone when it is needed again.';

create table if not exists reports (
    place integer not null,
    name varchar not null,
    report varchar not null,
    format varchar not null,
    due_when varchar not null,
    timezone varchar not null,
    filters varchar not null,
    channels varchar[] not null,
    next_due_at timestamp not null,
    settled_until timestamp not null,
    state varchar not null,
    attempts integer not null,
    due_day date,
    due_at timestamp,
    first_day date,
    last_day date,
    retry_at timestamp,
    made_at timestamp,
    message_id varchar,
    file_name varchar,
    file_bytes bigint,
    error varchar
);

comment on table reports is
'Reports of analytics.reports, and how far each is. Grain: one row per report. Times in UTC. Source: the daemon.';

comment on column reports.place is
'Place in the configuration, from 1.';
comment on column reports.name is
'Name.';
comment on column reports.report is
'''overview'' or a kind of runmeter report.';
comment on column reports.format is
'''xlsx'', ''pdf'', ''parquet'', ''csv'' or ''json''.';
comment on column reports.due_when is
'When it is due, in words.';
comment on column reports.timezone is
'Zone in which it is due and its days are cut.';
comment on column reports.filters is
'What it is narrowed to, as a query; empty for everything.';
comment on column reports.channels is
'Channels that it goes through.';
comment on column reports.next_due_at is
'When it is due next, UTC.';
comment on column reports.settled_until is
'Nothing that was due until then is made any more, UTC: when the daemon first saw the report, then when it was last due.';
comment on column reports.state is
'''waiting'' until it is first due, ''making'', ''retrying'', ''made'' or ''failed'', which is not tried again.';
comment on column reports.attempts is
'How often making the last one was tried.';
comment on column reports.due_day is
'Day of its zone on which it was last due; null where it never was.';
comment on column reports.due_at is
'When it was last due, UTC, which is the moment that it stands for.';
comment on column reports.first_day is
'First day of the period that had ended then.';
comment on column reports.last_day is
'Last day of that period.';
comment on column reports.retry_at is
'When it is tried again, UTC; null where it is not.';
comment on column reports.made_at is
'When it was last made and its message stored, UTC.';
comment on column reports.message_id is
'Message that it was sent with; null where none was.';
comment on column reports.file_name is
'Name of the file that was sent.';
comment on column reports.file_bytes is
'Size of the file in bytes.';
comment on column reports.error is
'Why it could not be made when it was last tried; null where it could.';

create table if not exists run_events (
    path varchar not null,
    generation integer not null,
    file_offset bigint not null,
    digest varchar not null,
    occurrence integer not null,
    run_id varchar not null,
    event_type varchar not null,
    occurred_at timestamp,
    role varchar,
    model varchar,
    status varchar,
    iteration bigint,
    max_rounds bigint,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd decimal(18, 12),
    project_name varchar,
    project_dir varchar,
    mode varchar,
    task varchar,
    payload varchar
);

comment on table run_events is
'What happened in a run, as it wrote it down. Grain: run × event. Times in UTC. Source: agent/run_logs_main.';

comment on column run_events.path is
'File that the event was read from, as in sources.';
comment on column run_events.generation is
'Which reading of the file has seen it last; see appended_files.';
comment on column run_events.file_offset is
'Where its line began then, in bytes.';
comment on column run_events.digest is
'BLAKE2b-128 of the line.';
comment on column run_events.occurrence is
'Which of equal lines of the file it is, from 1.';
comment on column run_events.run_id is
'Run.';
comment on column run_events.event_type is
'Kind as written: start, iteration_begin, iteration_end, llm_call, safety_check, final_status …';
comment on column run_events.occurred_at is
'When, UTC; null where unknown.';
comment on column run_events.role is
'Role that acted or called.';
comment on column run_events.model is
'Model that was called.';
comment on column run_events.status is
'Outcome that the event tells of.';
comment on column run_events.iteration is
'Round, as written.';
comment on column run_events.max_rounds is
'Rounds allowed.';
comment on column run_events.input_tokens is
'Prompt tokens of a call; null where unknown.';
comment on column run_events.output_tokens is
'Completion tokens of a call; null where unknown.';
comment on column run_events.cost_usd is
'Cost in USD: of a call, or of the run where the event is its end; null where unknown.';
comment on column run_events.project_name is
'Project, where the event names it.';
comment on column run_events.project_dir is
'Project folder as written.';
comment on column run_events.mode is
'Mode in lower case.';
comment on column run_events.task is
'Task text, at most 10,000 characters.';
comment on column run_events.payload is
'The payload as JSON, at most 10,000 characters.';

create table if not exists sessions (
    session_id varchar not null,
    path varchar not null,
    project_name varchar not null,
    project_dir varchar,
    task varchar,
    status varchar,
    decision varchar,
    stated_cost_usd decimal(18, 12),
    started_at timestamp,
    finished_at timestamp
);

comment on table sessions is
'Runs made for one task. Grain: one row per session. Times in UTC. Source: run_logs/<id>/session_summary.json.';

comment on column sessions.session_id is
'Identity; the folder''s name where the file has none.';
comment on column sessions.path is
'File that the row was read from, as in sources.';
comment on column sessions.project_name is
'Last component of project_dir; ''unknown'' where there is none.';
comment on column sessions.project_dir is
'Project folder as written.';
comment on column sessions.task is
'Task text, at most 10,000 characters.';
comment on column sessions.status is
'Outcome as written.';
comment on column sessions.decision is
'What was decided in the end, as written.';
comment on column sessions.stated_cost_usd is
'Cost in USD that the file states for all of it; counts nowhere, because its runs do.';
comment on column sessions.started_at is
'Start, UTC.';
comment on column sessions.finished_at is
'End, UTC.';

create table if not exists session_runs (
    session_id varchar not null,
    position integer not null,
    run_id varchar not null,
    status varchar,
    score double,
    evaluation varchar,
    decision varchar,
    cost_usd decimal(18, 12),
    started_at timestamp,
    finished_at timestamp
);

comment on table session_runs is
'Runs of a session, with how they were judged. Grain: session × run. Source: session_summary.json.';

comment on column session_runs.session_id is
'Session.';
comment on column session_runs.position is
'Place in the list, from 1.';
comment on column session_runs.run_id is
'Run; session and place where the file names none.';
comment on column session_runs.status is
'Outcome as the session has it.';
comment on column session_runs.score is
'How good it was found to be, in the session''s own measure; null where not told.';
comment on column session_runs.evaluation is
'The evaluation as written, at most 10,000 characters.';
comment on column session_runs.decision is
'What was decided after it.';
comment on column session_runs.cost_usd is
'Cost in USD as the session has it; that of runs counts.';
comment on column session_runs.started_at is
'Start as the session has it, UTC.';
comment on column session_runs.finished_at is
'End as the session has it, UTC.';

create table if not exists job_logs (
    job_id varchar not null,
    path varchar not null,
    generation integer not null,
    lines bigint not null,
    error_lines bigint not null,
    warning_lines bigint not null
);

comment on table job_logs is
'Logs of jobs. Grain: one row per job with a log. Source: run_logs/<job_id>/job.log.';

comment on column job_logs.job_id is
'Job; the folder''s name.';
comment on column job_logs.path is
'The log, as in sources.';
comment on column job_logs.generation is
'Which reading of the file these are the counts of; see appended_files.';
comment on column job_logs.lines is
'Lines, empty ones left out.';
comment on column job_logs.error_lines is
'Lines of them that tell of an error.';
comment on column job_logs.warning_lines is
'Lines of them that warn.';

create table if not exists job_log_lines (
    job_id varchar not null,
    path varchar not null,
    file_offset bigint not null,
    level varchar,
    text varchar not null
);

comment on table job_log_lines is
'The last 200 lines of each job''s log. Grain: one row per line. Source: run_logs/<job_id>/job.log.';

comment on column job_log_lines.job_id is
'Job; the folder''s name.';
comment on column job_log_lines.path is
'The log, as in sources.';
comment on column job_log_lines.file_offset is
'Where the line begins, in bytes.';
comment on column job_log_lines.level is
'''error'' or ''warning''; null for other lines.';
comment on column job_log_lines.text is
'The line, at most 2,000 characters.';
