-- Purpose: in which projects values are unknown.
-- Grain:   one row per project with any run that lacks something, worst first.
-- Units:   runs.
-- Source:  run_facts.

create or replace view project_quality as
with counted as (
    select
        project_name,
        count(*) as runs,
        count(*) filter (where total_tokens is null) as tokens_unknown_runs,
        count(*) filter (where tokens_redacted) as tokens_redacted_runs,
        count(*) filter (where cost_usd is null) as cost_unknown_runs,
        count(*) filter (where started_at is null) as undated_runs,
        count(*) filter (where duration_seconds is null) as untimed_runs,
        count(*) filter (where stale_since is not null) as stale_runs,
        count(*) filter (
            where source_missing_since is not null
        ) as missing_source_runs,
        count(*) filter (
            where
            total_tokens is null or cost_usd is null or started_at is null
            or duration_seconds is null or stale_since is not null
            or source_missing_since is not null
        ) as affected_runs
    from run_facts
    group by project_name
)

select * from counted
where affected_runs > 0
order by affected_runs desc, project_name asc;

comment on view project_quality is
'What is unknown by project, of the runs that count. Grain: project.';
comment on column project_quality.project_name is
'Project.';
comment on column project_quality.runs is
'Its runs.';
comment on column project_quality.tokens_unknown_runs is
'Runs whose tokens are unknown.';
comment on column project_quality.tokens_redacted_runs is
'Runs whose tokens a sanitizer removed.';
comment on column project_quality.cost_unknown_runs is
'Runs whose cost is unknown.';
comment on column project_quality.undated_runs is
'Runs with no usable start.';
comment on column project_quality.untimed_runs is
'Runs with no usable duration.';
comment on column project_quality.stale_runs is
'Runs shown in their last good version.';
comment on column project_quality.missing_source_runs is
'Runs whose file is gone.';
comment on column project_quality.affected_runs is
'Runs with at least one of these.';
