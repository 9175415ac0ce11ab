"""What a person sees while a run goes on."""

import io
import time

from rich.console import Console

from cli.output import duration, number
from cli.run_view import watching
from orchestration.run_record import RunRecord, StepRecord, now


def record():
    steps = [
        StepRecord("ingest", "succeeded", cached=True, seconds=0.1),
        StepRecord("training", "running"),
        StepRecord("export"),
    ]
    return RunRecord("abcdefgh", "graph", "local", "running", now(), 1, steps=steps)


NEWS = [
    {"kind": "step", "step": "ingest", "state": "succeeded", "cached": True, "seconds": 0.1, "error": ""},
    {"kind": "note", "step": "training", "text": "[not markup] the cached output is not used"},
    {"kind": "step", "step": "training", "state": "running", "time": time.time()},
    {
        "kind": "progress",
        "step": "training",
        "done": 1500,
        "total": 3000,
        "unit": "seeds",
        "time": time.time(),
    },
    {"kind": "metric", "step": "training", "name": "loss", "value": 0.25, "epoch": 3},
    {"kind": "metric", "step": "ingest", "name": "nodes", "value": 63436, "epoch": None, "cached": True},
    {"kind": "artifact", "step": "ingest", "output": "graph", "path": "x.html"},
]


def shown(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with watching(console) as watch:
        watch(record(), NEWS)
        watch(record(), [])
    return console.file.getvalue()


def test_plain_lines():
    lines = [line.split(" ", 1)[1] for line in shown(terminal=False).splitlines()]
    assert lines == [
        "run abcdefgh of pipeline graph",
        "ingest: cached",
        "training: [not markup] the cached output is not used",
        "training: started",
        "training: 1,500 of 3,000 seeds (50%)",
        "training: loss = 0.25 (epoch 3)",
    ]


def test_live_table():
    text = shown(terminal=True)
    for part in ("abcdefgh", "ingest", "cached", "1,500 of 3,000 seeds (50%)", "loss 0.25", "nodes 63,436"):
        assert part in text


def test_durations_and_numbers():
    assert [duration(s) for s in (None, 0.04, 59.9, 61, 3600, 7260)] == [
        *("-", "0.0 s", "59.9 s", "1 min 01 s", "1 h 00 min", "2 h 01 min"),
    ]
    assert [number(v) for v in (None, 0.0, 63436, 0.81234567, 1e-7)] == [
        "-",
        "0",
        "63,436",
        "0.8123",
        "1e-07",
    ]
