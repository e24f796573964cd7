-- The kinds of claims, and none of them yet: what follows adds its own.
create or replace temp table claimed_kinds as
select unnest(['events', 'session']) as kind;

create or replace temp table claimed (
    holder varchar, run_id varchar, kind varchar, standing integer
);

-- Paths of claims that hold no more.
create or replace temp table lost_claims (path varchar);
