# Needs Python 3.11 or newer and make; everything else goes into .venv.
#
#   make run              sample data, indexed, watched and served
#   make run ROOT=folder  the same for your orchestrator's folder
#   make test             all tests
#   make lint             style, types, import contracts, SQL
#   make bench N=100000   measure everything beside its floors, into benchmarks/results/
#   make test-oldest      tests of the database on the oldest DuckDB that is supported
#   make lake-soak        ten minutes of six machines, a reader and a maintainer on one lake
#   make soak             half an hour under load, and many kills; MINUTES=1440 for a day

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 30
ROOT ?=
N ?= 100000
# One small package, so that the page offers Excel; EXTRAS=xlsx,pdf brings PDF and 140 MB of fonts.
EXTRAS ?= xlsx
DUCKDB ?= 2.0.0
OLDEST_DUCKDB = 1.5.5
READER_DUCKDB = 1.1.0
BIN = .venv/bin
OLDEST = .venv-oldest
READER = .venv-reader
# Many tests wait for processes of their own, so two at once take little more than half as long.
PARALLEL = --numprocesses auto --dist worksteal
# Figures, storing and publishing are tested on both versions of DuckDB; pages, serving, the command
# line, files and their events, channels, exports, descriptions and packaging on the newest alone.
NOT_OLDEST = test_access.py test_agenda.py test_alert_page.py test_alert_settings.py \
	test_alerting.py test_answers.py test_benchmarks.py test_channels.py test_cli.py \
	test_config.py test_deciding.py test_delivery.py test_demo.py \
	test_docs.py test_documents.py test_downloads.py test_expectations.py test_export.py \
	test_export_pdf.py test_export_tables.py test_export_xlsx.py test_formats_agree.py \
	test_imports.py test_kept.py test_libreoffice.py test_lifecycle.py \
	test_list_parts.py test_lists.py \
	test_live.py test_notify.py test_old_readers.py test_otel_genai.py \
	test_other_tools.py test_outbox.py test_panel_figures.py test_panels.py test_parse.py \
	test_properties.py test_report.py test_reporting.py test_reports_command.py \
	test_saved_views.py test_schedule.py test_schema_comments.py test_served.py \
	test_source_packages.py test_sources.py test_sql_page.py test_statusline.py \
	test_tail.py test_together.py test_transcripts.py test_warm.py test_web.py \
	test_webhook.py test_wheel.py test_year_of_alerts.py faults/test_alert_crashes.py \
	faults/test_crashes.py faults/test_documents.py faults/test_events.py \
	faults/test_files.py faults/test_report_crashes.py faults/test_service.py

.PHONY: help run test lint bench test-oldest soak lake-soak screenshots clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

run: .venv/run-$(EXTRAS)
ifeq ($(strip $(ROOT)),)
	$(BIN)/runmeter demo --port $(PORT)
else
	$(BIN)/runmeter --root "$(ROOT)" up --port $(PORT)
endif

test: .venv/dev
	$(BIN)/python -m pytest $(PARALLEL)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint schema.sql queries

bench: .venv/dev
	$(BIN)/python -m benchmarks $(N)

test-oldest: $(OLDEST)/dev
	$(OLDEST)/bin/python -m pytest $(PARALLEL) --ignore-glob='tests/test_browser*' \
		$(NOT_OLDEST:%=--ignore=tests/%)

soak: .venv/dev
	$(BIN)/python -m scripts.soak --minutes $(MINUTES)
	RUNMETER_KILLS=200 $(BIN)/python -m pytest tests/faults --timeout 1200

lake-soak: $(OLDEST)/dev
	RUNMETER_LAKE_SECONDS=600 RUNMETER_REQUIRE_LAKE=1 \
		$(OLDEST)/bin/python -m pytest tests/lake/test_servers.py -s

screenshots: .venv/dev
	$(BIN)/python -m scripts.screenshots

.venv/bin/python $(OLDEST)/bin/python $(READER)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Runmeter needs Python 3.11 or newer; name one with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(@D)/..

.venv/run-$(EXTRAS): pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt "duckdb==$(DUCKDB)" -e ".[$(EXTRAS)]"
	@touch $@

# Compiled when it is imported: of all that is installed here most never is.
.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
		-c constraints.txt "duckdb==$(DUCKDB)" -e ".[dev]"
	@touch $@ .venv/run-xlsx

$(OLDEST)/dev: pyproject.toml constraints.txt | $(OLDEST)/bin/python
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
		-c constraints.txt "duckdb==$(OLDEST_DUCKDB)" -e ".[dev-lake]"
	@touch $@

# The oldest client that can open what Runmeter writes (tests/test_old_readers.py).
$(READER)/dev: | $(READER)/bin/python
	$(READER)/bin/python -m pip install --quiet --disable-pip-version-check \
		"duckdb==$(READER_DUCKDB)"
	@touch $@

clean:
	rm -rf .venv $(OLDEST) $(READER) dist build .mypy_cache .ruff_cache .import_linter_cache
