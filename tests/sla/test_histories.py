"""Whole ticket histories, through the same functions that vectors kept elsewhere are run with."""

from tests.adapters.histories import evaluate_ticket, run_escalations

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {"tz": "UTC", "hours": {day: [["00:00", "24:00"]] for day in WEEK}}


def story(*events, **targets):
    """(minute, type, more) events on a Monday from ten o'clock on."""
    return {
        "calendar": ALWAYS,
        "policy": {"targets": targets},
        "events": [{"t": clock(minute), "type": kind, **more} for minute, kind, more in events],
    }


def clock(minute):
    return f"2024-06-03T{10 + minute // 60:02}:{minute % 60:02}:00Z"


def test_a_history_tells_where_every_clock_stands_at_an_instant():
    told = story(
        (0, "created", {"by": "customer"}), (20, "message", {"by": "agent"}), (30, "state", {"to": "pending"}),
        first_response=1800, resolution=7200,
    )  # fmt: skip
    found = evaluate_ticket(told, clock(40))["clocks"]
    assert (found["first_response"]["state"], found["first_response"]["remaining_s"]) == ("stopped", 600)
    resolution = found["resolution"]
    assert (resolution["state"], resolution["due"], resolution["elapsed_s"]) == ("paused", None, 1800)


def test_the_worst_finished_cycle_is_kept_beside_the_current_one():
    told = story(
        (0, "created", {"by": "customer"}), (5, "message", {"by": "agent"}), (10, "message", {"by": "customer"}),
        (50, "message", {"by": "agent"}), (60, "message", {"by": "customer"}), next_response=3600,
    )  # fmt: skip
    found = evaluate_ticket(told, clock(70))["clocks"]["next_response"]
    assert (found["worst_elapsed_s"], found["elapsed_s"], found["state"]) == (2400, 600, "running")


def test_a_worker_down_over_both_fires_the_warning_first():
    told = story((0, "created", {"by": "customer"}), first_response=3600) | {
        "stages": [
            {"id": "warn", "clock": "first_response", "pct": 80}, {"id": "late", "clock": "first_response", "pct": 100},
        ],
        "polls": [clock(10), clock(90), clock(95)],
    }  # fmt: skip
    assert run_escalations(told) == [[clock(90), "warn"], [clock(90), "late"]]
