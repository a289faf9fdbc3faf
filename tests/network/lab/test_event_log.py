"""Whoever is away for a while has all events in the end, each once, in their order."""

import asyncio
import json
import re
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.lab import event_log
from network.lab.event_log import EventLog, seen_by, stream
from network.lab.plain_json import PlainJSONResponse, write_json


def read(log, last_id, count):
    """Read so many messages of a stream, as a browser does that then goes away."""

    async def take():
        found = []
        async for text in stream(log, last_id, Event()):
            found += re.findall(r"(?:id: (\S+)\n)?data: (.*)\n\n", text)
            if len(found) >= count:
                break
        return [(found_id, json.loads(data)) for found_id, data in found[:count]]

    return asyncio.run(take())


@given(total=st.integers(0, 30), visits=st.lists(st.integers(1, 9), max_size=10))
def test_a_reader_that_comes_and_goes_misses_nothing(total, visits):
    log, seen, last_id = EventLog(), [], ""
    for number in range(total):
        log.add({"type": "progress", "number": number})
    log.is_over = True
    for count in [*visits, total + 1]:
        for found_id, event in read(log, last_id, count):
            if event["type"] != "end":
                seen.append(event["number"])
                last_id = found_id
    assert seen == list(range(total))


@given(last_id=st.text(max_size=30))
def test_an_id_that_is_none_of_this_log_counts_as_nothing_seen(last_id):
    assert seen_by(EventLog(), last_id) == 0
    assert seen_by(EventLog(), f"other-{last_id}") == 0


def test_events_are_sent_as_they_come_and_a_line_now_and_then(monkeypatch):
    monkeypatch.setattr(event_log, "HEARTBEAT", 0.2)

    async def run():
        log, told = EventLog(), []
        async for text in stream(log, "", Event()):
            told.append(text)
            if text.startswith(": "):
                log.add({"type": "late"})
            if "late" in text:
                return told
        return []

    told = asyncio.run(run())
    assert told[0] == "retry: 1000\n\n"
    assert told[-1].endswith('data: {"type": "late"}\n\n')


def test_streams_end_when_the_lab_closes():
    closing = Event()
    closing.set()

    async def run():
        return [text async for text in stream(EventLog(), "", closing)]

    assert asyncio.run(run()) == ["retry: 1000\n\n"]


def test_what_is_not_finite_is_null_in_json():
    value = {"losses": [(1, float("nan"), 2), (2, float("-inf"), 1)], "rate": float("inf"), "n": 1}
    expected = {"losses": [[1, None, 2], [2, None, 1]], "rate": None, "n": 1}
    assert json.loads(write_json(value), parse_constant=pytest.fail) == expected
    answer = PlainJSONResponse(value)
    assert json.loads(answer.body, parse_constant=pytest.fail) == expected
