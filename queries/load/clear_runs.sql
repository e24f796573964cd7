-- Removes all rows of the runs of `cleared`.
delete from runs
where run_id in (select cleared.run_id from cleared);

delete from role_usage_rows
where run_key in (select cleared.run_key from cleared);

delete from other_model_rows
where run_key in (select cleared.run_key from cleared);

delete from iteration_rows
where run_key in (select cleared.run_key from cleared);

delete from qa_issue_rows
where run_key in (select cleared.run_key from cleared);
