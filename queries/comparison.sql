-- Purpose: two sides, figure by figure, and whether the difference is more than chance.
-- Grain:   table macro: one row per figure.
-- Units:   runs, USD, tokens, seconds, a rate from 0 to 1.
-- Source:  side_summary.
--
--     from comparison('mode', '2loop', '3loop', null, null, null, null);
--     from comparison('range', null, null, '2025-11-01', '2025-12-01', '2025-10-01', '2025-11-01');
--
-- The interval of the difference follows from those of the sides (Newcombe's way).
-- The verdict: 'too_few' with fewer than ten runs on a side or an interval that is
-- open; 'unclear' where zero lies in the interval; else 'higher' or 'lower'.

create or replace macro comparison(
    dimension, a, b, a_first, a_last, b_first, b_last
) as table
    with sides as (
        select
            this.place,
            this.figure,
            this.value as a_value,
            this.low as a_low,
            this.high as a_high,
            this.known as a_known,
            this.unknown as a_unknown,
            that.value as b_value,
            that.low as b_low,
            that.high as b_high,
            that.known as b_known,
            that.unknown as b_unknown,
            this.value - that.value as difference
        from side_summary(dimension, a, a_first, a_last) as this
        inner join side_summary(dimension, b, b_first, b_last) as that
            on this.figure = that.figure
    ),

    bounded as (
        select
            *,
            difference / nullif(b_value, 0) as ratio,
            difference - sqrt(
                (a_value - a_low) ** 2 + (b_high - b_value) ** 2
            ) as difference_low,
            difference + sqrt(
                (a_high - a_value) ** 2 + (b_value - b_low) ** 2
            ) as difference_high
        from sides
    )

    select
        * exclude (place),
        case
            when figure in ('runs', 'cost', 'tokens') then null
            when difference is null then 'unknown'
            when
                least(a_known, b_known) < 10
                or difference_low is null
                or difference_high is null
                then 'too_few'
            when difference_low > 0 then 'higher'
            when difference_high < 0 then 'lower'
            else 'unclear'
        end as verdict
    from bounded
    order by place;

comment on macro table comparison is  -- noqa: PRS
'Two sides, figure by figure: values with intervals, difference, ratio and whether it is more than chance. Grain: one row per figure.';
