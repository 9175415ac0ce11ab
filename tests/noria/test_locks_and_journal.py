"""Locks between processes, and the file that several processes append to."""

import multiprocessing
import os

from noria.journal import JournalReader, append, read_journal
from noria.locks import lock_holder, locked, try_lock


def test_lock_is_exclusive_named_and_given_back(tmp_path):
    path = tmp_path / "sub" / "run.lock"
    assert lock_holder(path) is None
    held = try_lock(path)
    assert held is not None
    assert lock_holder(path) == os.getpid()
    assert try_lock(path) is None
    held.release()
    assert lock_holder(path) is None
    assert try_lock(path) is not None


def test_lock_ends_with_its_process(tmp_path):
    path = tmp_path / "run.lock"
    child = multiprocessing.get_context("fork").Process(target=_take_and_die, args=(path,))
    child.start()
    child.join()
    assert child.exitcode == -9
    assert lock_holder(path) is None


def _take_and_die(path):
    assert try_lock(path) is not None
    os.kill(os.getpid(), 9)


def _count(path, times):
    for _ in range(times):
        with locked(path.with_suffix(".lock")):
            path.write_text(str(int(path.read_text()) + 1))


def test_locked_is_one_at_a_time(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    children = [multiprocessing.get_context("fork").Process(target=_count, args=(path, 50)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert path.read_text() == "150"


def test_reader_takes_whole_lines_and_remembers_where_it_was(tmp_path):
    path = tmp_path / "journal.jsonl"
    reader = JournalReader(path)
    assert reader.read() == []
    append(path, {"n": 1}, {"n": 2})
    with path.open("a") as file:
        file.write('{"n": 3')
    assert reader.read(limit=1) == [{"n": 1}]
    assert reader.read() == [{"n": 2}]
    with path.open("a") as file:
        file.write("}\n")
    assert reader.read() == [{"n": 3}]
    assert JournalReader(path, reader.offset).read() == []


def test_a_line_cut_short_costs_no_other_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"n": 1}\n{"n": \n{"n": 3}\n')
    reader = JournalReader(path)
    assert reader.read() == [{"n": 1}, {"n": 3}]
    assert reader.damaged == 1


def _write_many(path, writer):
    for number in range(200):
        append(path, {"writer": writer, "number": number, "padding": "x" * 500})


def test_lines_of_parallel_writers_do_not_mix(tmp_path):
    path = tmp_path / "journal.jsonl"
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_write_many, args=(path, writer)) for writer in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    records = read_journal(path)
    assert len(records) == 800
    for writer in range(4):
        assert [r["number"] for r in records if r["writer"] == writer] == list(range(200))
