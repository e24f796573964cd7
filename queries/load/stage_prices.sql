-- Lines of the price table, one JSON line each -> temporary `staged_prices`.
-- Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged_prices as
select
    model,
    "from" as valid_from,
    over_prompt_tokens,
    input as input_usd,
    output as output_usd,
    cache_write_5m as cache_write_5m_usd,
    cache_write_1h as cache_write_1h_usd,
    cache_read as cache_read_usd,
    source,
    seen as seen_on
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        model: 'VARCHAR',
        "from": 'DATE',
        over_prompt_tokens: 'BIGINT',
        input: 'DECIMAL(18, 6)',
        output: 'DECIMAL(18, 6)',
        cache_write_5m: 'DECIMAL(18, 6)',
        cache_write_1h: 'DECIMAL(18, 6)',
        cache_read: 'DECIMAL(18, 6)',
        source: 'VARCHAR',
        seen: 'DATE'
    }
);
