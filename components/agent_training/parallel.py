"""Tasks side by side in processes of their own, whose news reach this one while they work."""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context
from typing import Any

from components.agent_training.agents_folder import AgentEntry
from components.agent_training.tasks import News, Task, run_task
from noria.errors import NoriaError

_POLL_SECONDS = 0.2
_news: Any = None


def run_tasks(tasks: Sequence[Task], processes: int | None, tell: Callable[[News], None]) -> list[AgentEntry]:
    """Does all tasks; entries come in the order of the tasks.

    Args:
        tasks: What to train.
        processes: At once; None: one per core that this process may use. With 1 this process does them.
        tell: Called in this process with the news of all.

    Raises:
        NoriaError: A task failed; those that had not begun are left, those at work end first. Or a process
            died.
    """
    count = min(processes or len(os.sched_getaffinity(0)), len(tasks))
    if count == 1:
        return [run_task(task, tell) for task in tasks]
    context = get_context("spawn")
    news = context.Queue()
    pool = ProcessPoolExecutor(count, context, _begin, (news,))
    try:
        futures = [pool.submit(_work, task) for task in tasks]
        _listen(futures, news, tell)
        return [future.result() for future in futures]
    except BrokenProcessPool as error:
        raise NoriaError(
            f"agent_training: a process of {count} that trained agents was killed: {error}",
            hint="was memory short? Lower agent_training.processes; what was trained so far is kept",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _listen(futures: list[Future[AgentEntry]], news: Any, tell: Callable[[News], None]) -> None:
    running = True
    while running:
        finished, waiting = wait(futures, _POLL_SECONDS, FIRST_EXCEPTION)
        failed = [future for future in finished if future.exception()]
        # What was put before a task's end is in the queue or on its way.
        running = bool(waiting) and not failed
        try:
            while True:
                tell(news.get(timeout=0.05))
        except queue.Empty:
            pass
        for future in failed:
            future.result()


def _begin(news: Any) -> None:
    global _news
    import tensorflow as tf

    _news = news
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # As many processes as cores: more threads would only get into each other's way.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _end_with_parent() -> None:
    """Where the step is killed nobody else ends its processes, and a resumed run would train beside them."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _work(task: Task) -> AgentEntry:
    return run_task(task, _news.put)
