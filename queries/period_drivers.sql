-- Purpose: what drove the change of cost against the previous period.
-- Grain:   project × model × role, the largest change first.
-- Units:   USD; this period minus the one before.
-- Source:  cost_drivers, clock.

create or replace view period_drivers as
select *
from cost_drivers(
    'range',
    null,
    null,
    (select clock.series_start from clock),
    (select clock.series_end from clock),
    (select clock.previous_start from clock),
    (select clock.previous_end from clock)
);

comment on view period_drivers is
'Contributions to the change of cost against the previous period. Grain: project × model × role.';
comment on column period_drivers.project_name is
'Project.';
comment on column period_drivers.model is
'Model; null where the files do not say.';
comment on column period_drivers.role is
'Role; null where the files do not say.';
comment on column period_drivers.a_cost is
'Cost in USD in this period.';
comment on column period_drivers.b_cost is
'Cost in USD in the previous period, cut to equal length.';
comment on column period_drivers.change is
'The first minus the second.';
comment on column period_drivers.more_runs is
'Part of the change that more or fewer runs make; all of it for what is new or gone.';
comment on column period_drivers.more_tokens is
'Part that more or fewer tokens per run make.';
comment on column period_drivers.dearer_tokens is
'Part that a higher or lower cost per token makes.';
comment on column period_drivers.dearer_runs is
'Part that a higher or lower cost per run makes where tokens are unknown.';
comment on column period_drivers.a_runs is
'Runs of known cost in this period.';
comment on column period_drivers.b_runs is
'Runs of known cost in the previous period.';
comment on column period_drivers.a_tokens is
'Tokens in this period of the runs whose tokens are known; null where none are.';
comment on column period_drivers.b_tokens is
'Tokens in the previous period of the runs whose tokens are known; null where none are.';
