-- Purpose: the files that were read, by kind and state.
-- Grain:   kind × state.
-- Units:   files, bytes; times of the chosen zone.
-- Source:  sources.

create or replace view source_states as
select
    kind,
    case when missing_since is not null then 'missing' else state end as state,
    count(*) as files,
    sum(size)::bigint as bytes,
    in_zone(make_timestamp(max(mtime_ns) // 1000)) as newest,
    count(*) filter (where read_again) as to_read_again
from sources
where holder is null
group by all
order by kind asc, files desc;

comment on view source_states is
'Files that were read, by kind and state. Grain: kind × state.';
comment on column source_states.kind is
'''run'', ''jobs'', ''config'' or the name of another source.';
comment on column source_states.state is
'''indexed'', ''duplicate'', ''invalid'', or ''missing'' where the file is gone.';
comment on column source_states.files is
'Files.';
comment on column source_states.bytes is
'Their bytes.';
comment on column source_states.newest is
'When the newest of them was changed, in the chosen zone.';
comment on column source_states.to_read_again is
'Files that changed so shortly before they were read that they are read once more.';
