"""Runmeter's indexer: run files in, an embedded DuckDB and its snapshots out."""

__version__ = "0.1.0"
