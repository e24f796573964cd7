-- Parts of runs of schema version 2, in `version_2` -> those of version 3: rounds and findings stand
-- under the number of their run, and what a model used is stored once where a role says it as
-- well. Of the runs from first_key up to before_key (session variables), so that memory does not
-- follow from how many there are. Runs after from_version_2.sql.
create or replace temp table some_roles as
select * from version_2.role_usage_rows
where
    run_key >= getvariable('first_key')
    and run_key < getvariable('before_key');

create or replace temp table some_models as
select * from version_2.model_usage_rows
where
    run_key >= getvariable('first_key')
    and run_key < getvariable('before_key');

create or replace temp table some_runs as
select
    run_id,
    run_key
from runs
where
    run_key >= getvariable('first_key')
    and run_key < getvariable('before_key');

-- As usage.sql has it.
create or replace temp table said_twice as
select
    some_models.run_key,
    some_models.model,
    any_value(some_roles.role) as role
from some_models
inner join some_roles
    on
        some_models.run_key = some_roles.run_key
        and some_models.model = some_roles.model
        and some_models.calls is not distinct from some_roles.calls
        and some_models.input_tokens is not distinct from some_roles.input_tokens
        and some_models.output_tokens is not distinct from some_roles.output_tokens
        and some_models.total_tokens is not distinct from some_roles.total_tokens
        and some_models.cost_usd is not distinct from some_roles.cost_usd
group by some_models.run_key, some_models.model
having count(*) = 1;

insert into role_usage_rows by name
select
    some_roles.*,
    said_twice.role is not null as is_model_usage
from some_roles
left join said_twice
    on
        some_roles.run_key = said_twice.run_key
        and some_roles.model = said_twice.model
        and some_roles.role = said_twice.role
order by some_roles.run_key;

insert into other_model_rows by name
select some_models.*
from some_models
anti join said_twice
    on
        some_models.run_key = said_twice.run_key
        and some_models.model = said_twice.model
order by some_models.run_key;

insert into iteration_rows by name
select
    some_runs.run_key,
    rounds.position,
    rounds.iteration_index,
    rounds.role,
    rounds.status,
    rounds.notes,
    rounds.safety_status,
    rounds.occurred_at
from version_2.iterations as rounds
inner join some_runs on rounds.run_id = some_runs.run_id
order by some_runs.run_key, rounds.position;

insert into qa_issue_rows by name
select
    some_runs.run_key,
    findings.position,
    findings.category,
    findings.severity,
    findings.message,
    findings.file,
    findings.line
from version_2.qa_issues as findings
inner join some_runs on findings.run_id = some_runs.run_id
order by some_runs.run_key, findings.position;
