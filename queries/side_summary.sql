-- Purpose: the figures of one side of a comparison, and how sure they are.
-- Grain:   table macro: one row per figure.
-- Units:   runs, USD, tokens, seconds, a rate from 0 to 1.
-- Source:  side_runs.
--
-- `low` and `high` enclose what the figure would be over many such runs in 95 of 100
-- cases. Means: percentiles of 400 bootstrap samples, which are the same each time;
-- beyond 400 runs the normal interval, which those converge to. Percentiles: order
-- statistics, which assume nothing of how durations are spread. Rates: Wilson. Sums
-- have none, for they are what was spent. Means are of decimals and deviations have
-- seven digits, so that two snapshots of the same rows have the same.

create or replace macro side_summary(dimension, chosen, first, last) as table
    with side as materialized (
        from side_runs(dimension, chosen, first, last)
    ),

    measures as (
        select
            'cost_per_run' as figure,
            cost_usd::decimal(38, 12) as measure
        from side
        where cost_usd is not null
        union all
        select
            'tokens_per_run' as figure,
            total_tokens::decimal(38, 12) as measure
        from side
        where total_tokens is not null
    ),

    placed as (
        select
            figure,
            measure,
            row_number() over (partition by figure order by measure) as place
        from measures
    ),

    means as (
        select
            figure,
            avg(measure) as mean,
            coalesce(stddev_samp(measure), 0)::real::double as deviation,
            count(*) as n
        from measures
        group by figure
    ),

    picks as (
        select
            means.figure,
            replicates.range as replicate,
            1 + hash(replicates.range, draws.range) % means.n as place
        from means
        inner join range(400) as draws on means.n > draws.range
        cross join range(400) as replicates
        where means.n between 2 and 400
    ),

    resampled as (
        select
            picks.figure,
            picks.replicate,
            avg(placed.measure) as mean
        from picks
        inner join placed
            on picks.figure = placed.figure and picks.place = placed.place
        group by picks.figure, picks.replicate
    ),

    bootstrap as (
        select
            figure,
            quantile_cont(mean, 0.025) as low,
            quantile_cont(mean, 0.975) as high
        from resampled
        group by figure
    ),

    totals as (
        select
            count(*) as runs,
            count(cost_usd) as cost_known,
            count(total_tokens) as tokens_known,
            count(duration_seconds) as timed,
            sum(cost_usd)::double as cost,
            sum(total_tokens)::double as tokens,
            quantile_cont(duration_seconds, [0.5, 0.95]) as durations,
            list(duration_seconds order by duration_seconds) filter (
                where duration_seconds is not null
            ) as sorted,
            count(*) filter (where qa_status = 'passed') as passed,
            count(*) filter (
                where qa_status in ('passed', 'warning', 'failed')
            ) as judged
        from side
    ),

    spreads as (
        select
            quantiles.position,
            totals.durations[quantiles.position] as measure,
            totals.timed,
            totals.runs - totals.timed as untimed,
            totals.sorted,
            totals.timed * quantiles.share as middle,
            1.96 * sqrt(
                totals.timed * quantiles.share * (1 - quantiles.share)
            ) as spread
        from totals
        cross join (values (1, 0.5), (2, 0.95)) as quantiles (position, share)
    ),

    ranks as (
        select
            *,
            floor(middle - spread)::bigint as low_rank,
            1 + ceil(middle + spread)::bigint as high_rank
        from spreads
    ),

    wilson as (
        select
            passed / nullif(judged, 0) as rate,
            judged,
            runs - judged as not_judged,
            (passed + 1.9208) / (judged + 3.8416) as centre,
            1.96 * sqrt(
                passed * (judged - passed) / nullif(judged, 0) + 0.9604
            ) / (judged + 3.8416) as half
        from totals
    ),

    figures as (
        select
            1 as place,
            'runs' as figure,
            runs::double as value,
            null as low,
            null as high,
            runs as known,
            0 as unknown
        from totals
        union all
        select
            2 as place,
            'cost' as figure,
            case when runs = 0 then 0 else cost end as value,
            null as low,
            null as high,
            cost_known as known,
            runs - cost_known as unknown
        from totals
        union all
        select
            3 as place,
            'tokens' as figure,
            case when runs = 0 then 0 else tokens end as value,
            null as low,
            null as high,
            tokens_known as known,
            runs - tokens_known as unknown
        from totals
        union all
        select
            case names.figure when 'cost_per_run' then 4 else 5 end as place,
            names.figure,
            means.mean as value,
            case
                when means.n > 400
                    then means.mean - 1.96 * means.deviation / sqrt(means.n)
                else bootstrap.low
            end as low,
            case
                when means.n > 400
                    then means.mean + 1.96 * means.deviation / sqrt(means.n)
                else bootstrap.high
            end as high,
            coalesce(means.n, 0) as known,
            totals.runs - coalesce(means.n, 0) as unknown
        from (values ('cost_per_run'), ('tokens_per_run')) as names (figure)
        cross join totals
        left join means on names.figure = means.figure
        left join bootstrap on names.figure = bootstrap.figure
        union all
        select
            5 + position as place,
            case position when 1 then 'duration_p50' else 'duration_p95' end
                as figure,
            measure as value,
            case when low_rank >= 1 then sorted[low_rank] end as low,
            case when high_rank <= timed then sorted[high_rank] end as high,
            timed as known,
            untimed as unknown
        from ranks
        union all
        select
            8 as place,
            'qa_pass_rate' as figure,
            rate as value,
            case when judged > 0 then greatest(centre - half, 0) end as low,
            case when judged > 0 then least(centre + half, 1) end as high,
            judged as known,
            not_judged as unknown
        from wilson
    )

    select
        place::integer as place,
        figure,
        value::double as value,
        low::double as low,
        high::double as high,
        known::bigint as known,
        unknown::bigint as unknown
    from figures
    order by place;

comment on macro table side_summary is  -- noqa: PRS
'Figures of one side of a comparison: value, 95 percent interval (low, high), runs behind it and runs left out. Grain: one row per figure.';
