-- Tables of schema version 2, in `version_2` -> those of version 3: paths that follow from the run
-- are not stored, rounds and findings stand under the number of their run, and what a model used
-- is stored once where a role says it as well.
insert into runs by name
select
    * exclude (source_path),
    other_path(source_path, run_id) as other_path
from version_2.runs;

insert into sources by name
select
    * exclude (path),
    other_path(path, run_id) as other_path
from version_2.sources;

-- As usage.sql has it.
create or replace temp table said_twice as
select
    models.run_key,
    models.model,
    any_value(roles.role) as role
from version_2.model_usage_rows as models
inner join version_2.role_usage_rows as roles
    on
        models.run_key = roles.run_key
        and models.model = roles.model
        and models.calls is not distinct from roles.calls
        and models.input_tokens is not distinct from roles.input_tokens
        and models.output_tokens is not distinct from roles.output_tokens
        and models.total_tokens is not distinct from roles.total_tokens
        and models.cost_usd is not distinct from roles.cost_usd
group by models.run_key, models.model
having count(*) = 1;

insert into role_usage_rows by name
select
    roles.*,
    said_twice.role is not null as is_model_usage
from version_2.role_usage_rows as roles
left join said_twice
    on
        roles.run_key = said_twice.run_key
        and roles.model = said_twice.model
        and roles.role = said_twice.role
order by roles.run_key;

insert into other_model_rows by name
select models.*
from version_2.model_usage_rows as models
anti join said_twice
    on
        models.run_key = said_twice.run_key
        and models.model = said_twice.model;

insert into iteration_rows by name
select
    runs.run_key,
    rounds.* exclude (run_id)
from version_2.iterations as rounds
inner join runs on rounds.run_id = runs.run_id
order by runs.run_key, rounds.position;

insert into qa_issue_rows by name
select
    runs.run_key,
    findings.* exclude (run_id)
from version_2.qa_issues as findings
inner join runs on findings.run_id = runs.run_id
order by runs.run_key, findings.position;

drop table said_twice;
