-- Purpose: how the periods of budgets are judged that alerts tell of.
-- Grain:   one row per budget's current period, and per period that ended yesterday.
-- Units:   USD; percent from 0 upwards; days of the budget's own zone.
-- Source:  budget_list, budget_history.
--
-- A budget is at WARNING from its first threshold or its soft amount on, at ALERT when it is
-- used up, has NO_DATA where the cost of none of its runs is known, and is OK otherwise. A
-- period that ended yesterday is still here, because the runs of its last hours are known only
-- when they have ended.

create or replace view budget_findings as
with periods as (
    select
        budget_history.name,
        budget_history.is_current,
        budget_history.period_start,
        budget_history.spent,
        budget_history.amount,
        budget_history.soft_amount,
        budget_history.percent,
        budget_history.crossed,
        budget_history.runs,
        budget_history.cost_unknown_runs,
        budget_list.thresholds,
        budget_history.spent > budget_history.amount as is_over,
        budget_history.spent > budget_history.soft_amount as is_over_soft,
        left(
            case
                when budget_history.name = 'monthly_budget'
                    then 'The monthly budget'
                else budget_history.name
            end,
            100
        ) as label,
        case
            when budget_history.is_current
                then format('since {}', budget_history.period_start)
            else format(
                'from {} to {}',
                budget_history.period_start,
                budget_history.period_end - 1
            )
        end as span
    from budget_history
    inner join budget_list on budget_history.name = budget_list.name
    where
        budget_history.is_current
        or budget_history.period_end = budget_list.today
),

judged as (
    select
        *,
        case
            when is_over or percent >= 100 then 'ALERT'
            when runs > 0 and runs = cost_unknown_runs then 'NO_DATA'
            when crossed is not null or is_over_soft then 'WARNING'
            else 'OK'
        end as state,
        coalesce(
            greatest(
                crossed,
                case when is_over or percent >= 100 then 100 end,
                case
                    when is_over_soft
                        then 100.0 * soft_amount::double / nullif(amount::double, 0)
                end
            ),
            0
        )::double as level,
        (
            select
                string_agg(
                    format('{:g}%', steps.step), ', '
                    order by steps.step
                )
            from (select unnest(periods.thresholds) as step) as steps
            where steps.step <= periods.percent
        ) as reached
    from periods
)

select
    name,
    is_current,
    period_start,
    spent,
    amount,
    runs,
    state,
    level,
    case
        when state = 'NO_DATA'
            then format(
                '{}: the cost of none of its {} runs {} is known.',
                label, runs, span
            )
        else format(
            '{}: {} of {} spent {}{}{}{}{}.',
            label,
            usd_text(spent),
            usd_text(amount),
            span,
            -- cut, not rounded: 99.6% has not reached 100%
            coalesce(format(', {:.0f}%', floor(percent)), ''),
            coalesce(format(' (past {})', reached), ''),
            case
                when is_over_soft
                    then ', more than the soft amount of ' || usd_text(soft_amount)
                else ''
            end,
            case
                when cost_unknown_runs = 1 then ', without 1 run of unknown cost'
                when cost_unknown_runs > 1
                    then format(', without {} runs of unknown cost', cost_unknown_runs)
                else ''
            end
        )
    end as explanation
from judged;

comment on view budget_findings is
'How the periods of budgets are judged that alerts tell of. Grain: budget × period, current and ended yesterday.';
comment on column budget_findings.name is
'Budget.';
comment on column budget_findings.is_current is
'Whether the period goes on; false where it ended yesterday.';
comment on column budget_findings.period_start is
'First day of the period.';
comment on column budget_findings.spent is
'Cost in USD, where known.';
comment on column budget_findings.amount is
'What the period may cost, USD.';
comment on column budget_findings.runs is
'Runs that it counts.';
comment on column budget_findings.state is
'''ALERT'', ''WARNING'', ''NO_DATA'' or ''OK''.';
comment on column budget_findings.level is
'Highest step that is reached, in percent of the amount; 0 where none is.';
comment on column budget_findings.explanation is
'How it stands, in words and numbers.';
