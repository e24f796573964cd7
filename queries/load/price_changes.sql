-- How many lines of the price table differ from those of `staged_prices`.
with gone as (
    from prices
    except
    from staged_prices
),

new as (
    from staged_prices
    except
    from prices
)

select (select count(*) from gone) + (select count(*) from new) as changes;
