"""Run ids, records, comparison of settings."""

import re
from datetime import datetime

from noria.home import Home
from orchestration.run_comparison import flatten
from orchestration.run_record import RunFolder, RunRecord, StepRecord, new_run_id, now


def test_ids_are_short_distinct_and_no_words_or_numbers():
    ids = {new_run_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch(r"[bcdfghjkmnpqrstvwxz][bcdfghjkmnpqrstvwxz2-9]{7}", name) for name in ids)


def test_record_survives_the_file(tmp_path):
    folder = RunFolder.create(Home(tmp_path))
    step = StepRecord("a", "succeeded", True, 1.5, 200.0, "a.log", "", {"graph": "/x"})
    record = RunRecord(folder.id, "toy", "local", "succeeded", now(), 1, steps=[step], ended=now())
    folder.save(record)
    assert folder.load() == record
    assert folder.home == Home(tmp_path)
    assert record.over
    assert record.seconds >= 0
    assert datetime.fromisoformat(record.started).utcoffset() is not None


def test_flatten():
    assert flatten({"a": {"b": 1, "c": {"d": [1]}}, "e": {}}) == {"a.b": 1, "a.c.d": [1], "e": {}}
