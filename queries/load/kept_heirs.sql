-- Records that now speak for a run of which another file spoke: (path, record).
select
    kept_records.path,
    kept_records.record
from kept_records
inner join sources on kept_records.path = sources.path
where sources.read_again
order by kept_records.path;
