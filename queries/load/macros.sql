-- Sums of parts of which none may be unknown, used by the other files here. Beyond
-- any sense, which no column could hold, a sum is unknown as well.
create or replace temp macro sum_of_known(part) as
case
    when count(*) = count(part) and sum(part) <= 1000000000000
        then sum(part)
end;

create or replace temp macro cost_of_known(part) as
try_cast(
    case when count(*) = count(part) then sum(part) end as decimal(18, 12)
);

-- The names under which files state a figure of a run or of one of its parts.
create or replace temp macro calls_of(part) as
coalesce(part.num_calls, part.calls);

create or replace temp macro input_tokens_of(part) as
coalesce(part.prompt_tokens, part.input_tokens, part.total_input_tokens);

create or replace temp macro output_tokens_of(part) as
coalesce(part.completion_tokens, part.output_tokens, part.total_output_tokens);

create or replace temp macro cost_of(part) as
coalesce(part.total_cost_usd, part.total_usd);

-- What stands for a role or a model that a call does not name.
create or replace temp macro role_named(role) as
coalesce(role, 'unknown');

create or replace temp macro model_named(role, model) as
coalesce(model, coalesce(role, 'unknown') || '_unknown');

-- The project of a folder: its last component, as parsing has it.
create or replace temp macro project_of(folder) as
coalesce(nullif(left(regexp_extract(folder, '([^/\\]+)[/\\]*$', 1), 500), ''), 'unknown');

-- What is stored of a path that follows from the run: nothing.
create or replace temp macro other_path(path, run_id) as
nullif(path, 'run_logs/' || run_id || '/run_summary.json');

-- 60 bits that follow from the name of a run's file and all that `stat` says of it, never 0: the same
-- as `discover.signature` makes.
create or replace temp macro file_mark(path, size, mtime_ns, ctime_ns, inode) as
greatest(
    (
        case
            when ends_with(path, '.json.gz') then 82030920993190389
            when ends_with(path, '.json.zst') then 164061841986380778
            else 0
        end::hugeint
        + size::hugeint * 115618581922802399
        + mtime_ns::hugeint * 81152246402169797
        + ctime_ns::hugeint * 89051470758687805
        + (inode & 18446744073709551615::hugeint) * 109666245364995451
    ) & 1152921504606846975::hugeint,
    1
)::bigint;

-- By what a file of the bookkeeping is known: its mark, 0 where it must be read again in any case.
create or replace temp macro known_mark(
    read_again, absent_passes, path, size, mtime_ns, ctime_ns, inode
) as
case
    when read_again or absent_passes > 0 then 0
    else file_mark(path, size, mtime_ns, ctime_ns, inode)
end;
