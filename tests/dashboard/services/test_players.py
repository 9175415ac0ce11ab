"""Which exported files can be played against."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.model_card import Signature
from components.tflite_export.record import ExportRecord
from dashboard.run_index import NotFoundError
from dashboard.services.players import find_player, player_files
from noria.files import write_json
from orchestration.run_record import RunRecord, StepRecord


def signature(rows: int, columns: int, scores: int) -> Signature:
    return Signature.model_validate(
        {
            "inputs": {"board": {"shape": (1, rows, columns), "dtype": "float32"}},
            "outputs": {"scores": {"shape": (1, scores), "dtype": "float32"}},
        }
    )


def exported(folder: Path, tensors: Signature) -> str:
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(b"1234")
    ExportRecord(
        model="policy",
        format="fp16",
        sha256="ab",
        metrics={},
        examples=1,
        differences={},
        fp16_exact=None,
        signature=tensors,
    ).save(folder)
    return str(folder)


def run(name: str, **outputs: str) -> RunRecord:
    steps = [StepRecord("tflite_export", state="succeeded", outputs=outputs)]
    return RunRecord(name, "board_game", "local", "succeeded", "2026-01-01T00:00:00+00:00", 1, steps=steps)


def promotion(folder: Path, version: str) -> str:
    write_json(folder / "promotion.json", {"registered_model": "player", "version": version})
    return str(folder)


def test_finds_the_game_by_the_files_tensors(tmp_path: Path) -> None:
    strike = exported(tmp_path / "a", signature(8, 8, 64))
    tictac = exported(tmp_path / "b", signature(3, 3, 9))
    other = exported(tmp_path / "c", signature(5, 5, 25))
    half = exported(tmp_path / "d", signature(3, 3, 64))
    found = player_files([run("one", tflite=strike), run("two", x=tictac, y=other, z=half)], {})
    assert [(file.run_id, file.game, file.bytes) for file in found] == [
        ("one", "plane_strike", 4),
        ("two", "tic_tac_toe", 4),
    ]
    assert str(tmp_path) not in str(found[0].told())


def test_champions_come_first(tmp_path: Path) -> None:
    runs = [
        run(
            f"run{version}",
            tflite=exported(tmp_path / f"t{version}", signature(3, 3, 9)),
            promotion=promotion(tmp_path / f"p{version}", version),
        )
        for version in ("3", "2", "1")
    ]
    found = player_files(runs, {"player": "2"})
    assert [(file.version, file.champion) for file in found] == [("2", True), ("3", False), ("1", False)]
    assert [file.version for file in player_files(runs, {"another": "2"})] == ["3", "2", "1"]


def test_leaves_out_what_is_not_finished_or_gone(tmp_path: Path) -> None:
    unfinished = run("run1", tflite=exported(tmp_path / "a", signature(3, 3, 9)))
    unfinished.steps[0].state = "failed"
    empty = tmp_path / "b"
    empty.mkdir()
    (empty / "model.tflite").write_bytes(b"no record beside it")
    assert player_files([unfinished, run("run2", tflite=str(empty), other=str(tmp_path / "gone"))], {}) == []


def test_a_file_is_looked_up_by_run_and_game(tmp_path: Path) -> None:
    runs = [run("run1", tflite=exported(tmp_path / "a", signature(3, 3, 9)))]
    assert find_player(runs, "run1", "tic_tac_toe").file == tmp_path / "a" / "model.tflite"
    for run_id, game in (("run1", "plane_strike"), ("run", "tic_tac_toe"), ("../run1", "tic_tac_toe")):
        with pytest.raises(NotFoundError, match="no run"):
            find_player(runs, run_id, game)
