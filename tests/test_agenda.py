"""The agenda and the pace: rules that cost or save a daemon its time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import agenda
from indexer.agenda import Agenda
from indexer.pace import Pace


def looks(entries: Agenda, end: float) -> list[tuple[float, object]]:
    """All looks until `end`, each finding nothing new."""
    found = []
    while (now := entries.next_due()) <= end:
        for key in entries.take_due(now, 1_000):
            found.append((now, key))
            entries.unchanged(key, now)
    return found


def test_intervals_double_from_a_change_up_to_the_longest() -> None:
    entries = Agenda()
    entries.changed("a", 0.0, open=True)
    times = [time for time, _ in looks(entries, 10.0)]
    assert times[:4] == pytest.approx([0.05, 0.15, 0.35, 0.75])
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert max(gaps) <= agenda.MAX_INTERVAL + agenda.TOGETHER


def test_a_change_begins_anew_and_the_older_look_is_dropped() -> None:
    entries = Agenda()
    entries.changed("a", 0.0, open=True)
    looks(entries, 5.0)
    entries.changed("a", 5.0, open=True)
    assert [time for time, _ in looks(entries, 5.2)] == pytest.approx([5.05, 5.15])


def test_a_finished_run_leaves_after_two_minutes_and_an_open_one_after_a_day() -> None:
    entries = Agenda()
    entries.changed("done", 0.0, open=False)
    entries.changed("open", 0.0, open=True)
    looks(entries, agenda.QUIET_FINISHED + 5)
    assert ("done" in entries, "open" in entries) == (False, True)
    entries.unchanged("open", agenda.QUIET_OPEN + 1)
    assert len(entries) == 0


def test_a_file_that_stays_broken_is_looked_at_ever_less_often() -> None:
    """Its writer may have died: reading 40 MB each second would be a load for nothing."""
    entries = Agenda()
    now = 0.0
    entries.changed("half", now, open=True, broken=True)
    times = []
    while now < 300:
        now = entries.next_due()
        assert entries.take_due(now, 10) == ["half"]
        times.append(now)
        entries.changed("half", now, open=True, broken=True)
    assert entries.broken == 1
    assert times[-1] - times[-2] >= agenda.MAX_BROKEN_INTERVAL
    entries.changed("half", now, open=False)
    assert entries.broken == 0
    assert entries.next_due() == pytest.approx(now + agenda.FIRST_INTERVAL)


@given(st.integers(1, 5_000))
def test_all_idle_entries_together_use_a_constant_share(count: int) -> None:
    """At 60 µs a look, half a percent of a core, however many there are."""
    entries = Agenda()
    entries.add_idle(range(count), 0.0, open=True)
    seconds = 3 * max(agenda.MAX_INTERVAL, count * agenda.INTERVAL_PER_ENTRY)
    most = seconds / agenda.INTERVAL_PER_ENTRY
    assert count <= len(looks(entries, seconds)) <= most + count


def test_idle_entries_are_spread_and_limited() -> None:
    entries = Agenda()
    entries.add_idle(range(agenda.MAX_IDLE_ENTRIES + 10), 0.0, open=True)
    assert len(entries) == agenda.MAX_IDLE_ENTRIES
    whole = agenda.MAX_IDLE_ENTRIES * agenda.INTERVAL_PER_ENTRY
    half = len(entries.take_due(whole / 2, len(entries)))
    assert abs(half - agenda.MAX_IDLE_ENTRIES / 2) < agenda.MAX_IDLE_ENTRIES / 50


def test_what_was_dropped_is_not_looked_at() -> None:
    entries = Agenda()
    entries.changed("a", 0.0, open=True)
    entries.drop("a")
    assert entries.take_due(1.0, 10) == []
    entries.unchanged("a", 1.0)
    assert entries.next_due() == float("inf")


def test_dear_work_rests_longer() -> None:
    pace = Pace(rest=9.0, least=2.0)
    assert pace.is_due(0.0)
    pace.done(10.0, 10.1)
    assert (pace.is_due(12.0), pace.is_due(12.2)) == (False, True)
    pace.done(20.0, 25.0)
    assert (pace.is_due(69.9), pace.is_due(70.0)) == (False, True)
    pace.hold(100.0)
    assert (pace.is_due(99.0), pace.is_due(100.0)) == (False, True)


def test_rest_may_be_left_for_later_but_not_forgotten() -> None:
    pace = Pace(rest=9.0, ahead=2.0)
    pace.done(0.0, 0.1)
    assert pace.is_due(0.1), "work that seldom comes does not wait"
    pace.done(0.1, 0.2)
    assert pace.is_due(0.2)
    pace.done(0.2, 0.3)
    assert pace.next == pytest.approx(3.0), "three tenths of a second of work in three seconds"
    assert not pace.is_due(0.9)
    assert pace.is_due(1.1)
    pace.hold(5.0)
    assert not pace.is_due(4.9), "what is held back is not brought forward"
    assert pace.is_due(5.0)
