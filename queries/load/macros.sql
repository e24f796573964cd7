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
