-- Removes all rows of the runs of `cleared`.
delete from runs
where run_id in (select cleared.run_id from cleared);

delete from role_usage_rows
where run_key in (select cleared.run_key from cleared);

delete from model_usage_rows
where run_key in (select cleared.run_key from cleared);

delete from iterations
where run_id in (select cleared.run_id from cleared);

delete from qa_issues
where run_id in (select cleared.run_id from cleared);
