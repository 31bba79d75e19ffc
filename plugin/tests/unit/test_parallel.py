import threading

import pytest

from nbexchange.plugin import parallel
from nbexchange.plugin.failures import PlainFailure, ServiceFailure
from nbexchange.plugin.parallel import in_parallel


def test_outcomes_come_in_the_order_of_the_items_and_failures_stop_nobody():
    def work(number):
        if number == 3:
            raise PlainFailure("three is refused")
        if number == 5:
            raise FileNotFoundError(2, "No such file", "/five")
        return number * 10

    outcomes = list(in_parallel(range(8), work, "Working"))
    assert [outcome.item for outcome in outcomes] == list(range(8))
    assert [outcome.result for outcome in outcomes] == [0, 10, 20, None, 40, None, 60, 70]
    assert [outcome.failure for outcome in outcomes if outcome.failure] == [
        "three is refused",
        "/five: No such file or directory.",
    ]


def test_no_more_than_eight_work_at_once():
    running, most, lock = 0, 0, threading.Lock()
    gate = threading.Event()

    def work(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 8:
                gate.set()
        gate.wait(5)
        with lock:
            running -= 1

    list(in_parallel(range(30), work, "Working"))
    assert most == 8


def test_a_service_that_cannot_be_reached_is_not_tried_for_everybody():
    tried = []

    def work(number):
        tried.append(number)
        raise ServiceFailure("cannot be reached", temporary=True)

    outcomes = list(in_parallel(range(200), work, "Working"))
    assert len(tried) < 200
    assert all(outcome.failure for outcome in outcomes)
    assert "not tried" in outcomes[-1].failure


GONE = {"temporary": True}
REFUSED = {"status": 503, "temporary": True}


@pytest.mark.parametrize(
    ("troubles", "tried"),
    [
        ([GONE, GONE, GONE, None, None], 3),
        ([None, GONE, GONE, GONE, None], 4),
        ([GONE, GONE, None, GONE, GONE, None, GONE], 7),
        ([GONE, GONE, REFUSED, GONE, GONE, REFUSED, REFUSED, REFUSED, None], 9),
    ],
)
def test_only_three_failures_in_a_row_to_reach_the_service_stop_the_rest(monkeypatch, troubles, tried):
    monkeypatch.setattr(parallel, "_WORKERS", 1)
    seen = []

    def work(trouble):
        seen.append(trouble)
        if trouble:
            raise ServiceFailure("no", **trouble)

    outcomes = list(in_parallel(troubles, work, "Working"))
    assert seen == troubles[:tried]
    assert all("not tried" in outcome.failure for outcome in outcomes[tried:])


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        list(in_parallel([1, 0], lambda number: 1 / number, "Working"))


def test_progress_is_for_terminals_only(capsys):
    list(in_parallel(range(5), str, "Working"))
    assert capsys.readouterr().err == ""
