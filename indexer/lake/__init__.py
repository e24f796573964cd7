"""The lake: what many machines know, in one place that each of them can read.

Each machine keeps its own index and ships it to a DuckLake: a catalog in PostgreSQL and
rows in Parquet files on a shared disk or S3. Distribution is DuckLake's; here is only what
is shipped and which of many versions counts.

- Writers only append (`ship`). A batch is one transaction of the lake, so that a run and
  its parts appear together. The newest version of a row counts, by the time its file was
  changed and by its content, never by a clock of an indexer.
- Views in the lake have the names and columns of the local tables, and `machine` (`tables`).
- Readers keep a copy of what counts as an index of their own (`pull`), which every command
  and page reads like any other. It goes on while the lake cannot be reached.
- One maintainer at a time tidies (`maintain`).

Everything here needs the extra `lake`. The lake is never opened in the process that indexes.
"""
