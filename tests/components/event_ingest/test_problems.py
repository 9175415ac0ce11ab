"""Every problem in every mode (components/event_ingest/clean_rows.py, problem_log.py, lookup_table.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from noria.errors import DataError

_GOOD = "2020-03-01 10:00:00,a,1\n2020-03-01 11:00:00,a,2\n2020-03-01 12:00:00,b,3\n2020-03-01 13:00:00,b,4\n"


@dataclass(frozen=True)
class Case:
    """Good rows and bad ones; ``kept`` is a bad row as it is written where it is kept."""

    problem: str
    bad: str
    message: str
    kept: tuple[str, str, float] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    header: str = "time,shop,sales"


NAN = float("nan")
BERLIN = {"timestamp": {"column": "time", "source_zone": "Europe/Berlin", "time_zone": "UTC"}}
CASES = [
    Case("missing_timestamp", ",a,5\n", "row 5 of events.csv: time is empty"),
    Case("unparsable_timestamp", "yesterday,a,5\n", "row 5 of events.csv: time 'yesterday'"),
    Case(
        "mixed_time_zones",
        "2020-03-01 10:00+02:00,a,5\n",
        r"source_zone in 4 rows; \+02:00 in 1 rows",
        ("2020-03-01 08:00:00", "a", 5),
    ),
    Case(
        "nonexistent_time",
        "2020-03-29 02:30,a,5\n",
        "row 5 of events.csv: time '2020-03-29 02:30'",
        ("2020-03-29 01:00:00", "a", 5),
        BERLIN,
    ),
    Case(
        "ambiguous_time",
        "2020-10-25 02:30,a,5\n",
        "row 5 of events.csv: time '2020-10-25 02:30'",
        ("2020-10-25 00:30:00", "a", 5),
        BERLIN,
    ),
    Case("missing_index", "2020-03-02,,5\n", "shop is empty", ("2020-03-02 00:00:00", "(missing)", 5)),
    Case("unparsable_value", "2020-03-02,a,five\n", "sales 'five'", ("2020-03-02 00:00:00", "a", NAN)),
    Case("missing_value", "2020-03-02,a,\n", "sales is empty", ("2020-03-02 00:00:00", "a", NAN)),
    Case("negative_value", "2020-03-02,a,-5\n", "sales '-5.0'", ("2020-03-02 00:00:00", "a", -5)),
    Case(
        "duplicate_event",
        "2020-03-01T13:00:00Z,b,4.0\n",
        "timestamp=2020-03-01 13:00:00, shop=b, sales=4.0",
        ("2020-03-01 13:00:00", "b", 4),
    ),
    Case("single_event_index", "2020-03-02,c,5\n", "shop=c, count=1", ("2020-03-02 00:00:00", "c", 5)),
]
_ids = [case.problem for case in CASES]


def _config(make_config: Any, case: Case, reaction: str) -> Any:
    return make_config(
        f"{case.header}\n{_GOOD}{case.bad}", problems={case.problem: reaction}, **case.settings
    )


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_fail(case: Case, make_config, ingested, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"{case.problem}: 1 rows: .*{case.message}") as error:
        ingested(_config(make_config, case, "fail"))
    assert f"problems.{case.problem}=drop" in error.value.hint
    assert ("keep" in error.value.hint) == (case.kept is not None)
    assert list((tmp_path / "table-0").iterdir()) == []


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_drop(case: Case, make_config, ingested) -> None:
    facts, table = ingested(_config(make_config, case, "drop"))
    assert facts.dropped == {case.problem: 1}
    assert facts.warnings == {}
    assert len(facts.examples[case.problem]) >= 1
    assert (facts.rows_read, facts.rows) == (5, 4)
    assert sorted(table["sales"].to_pylist()) == [1, 2, 3, 4]


@pytest.mark.parametrize("case", [case for case in CASES if case.kept], ids=lambda case: case.problem)
def test_keep(case: Case, make_config, ingested) -> None:
    facts, table = ingested(_config(make_config, case, "keep"))
    assert facts.dropped == {}
    expected = {case.problem: 1}
    # The rows without an index form a series of their own.
    expected |= {"single_event_index": 1} if case.problem == "missing_index" else {}
    assert facts.warnings == expected
    assert facts.rows == len(table) == 5
    rows = [(str(r["timestamp"]), r["shop"], r["sales"]) for r in table.to_pylist()]
    assert any(str(row) == str((case.kept[0], case.kept[1], float(case.kept[2]))) for row in rows), rows


def test_a_row_is_counted_once_and_all_failures_are_told_together(make_config, ingested) -> None:
    rows = f"time,shop,sales\n{_GOOD}never,,x\n2020-03-02,,x\n2020-03-02,a,x\n"
    drop = dict.fromkeys(("unparsable_timestamp", "missing_index", "unparsable_value"), "drop")
    facts, _ = ingested(make_config(rows, problems=drop))
    assert facts.dropped == dict.fromkeys(drop, 1)
    assert facts.rows_read == facts.rows + sum(facts.dropped.values())
    with pytest.raises(DataError) as error:
        ingested(make_config(rows))
    for problem in drop:
        assert f"{problem}: 1 rows" in error.value.message


def test_only_the_first_few_rows_are_shown(make_config, ingested) -> None:
    with pytest.raises(
        DataError, match=r"missing_value: 9 rows: row 5 .*row 9 of events\.csv.*; \.\.\."
    ) as error:
        ingested(make_config("time,shop,sales\n" + _GOOD + "2020-03-02,a,\n" * 9))
    assert error.value.message.count("is empty") == 5


def test_two_values_wrong_in_one_row_are_one_problem(make_config, ingested) -> None:
    rows = "time,shop,sales,cost\n2020-03-01,a,1,1\n2020-03-02,a,,\n2020-03-03,a,1,\n"
    facts, _ = ingested(make_config(rows, values=["sales", "cost"], problems={"missing_value": "drop"}))
    assert facts.dropped == {"missing_value": 2}
    assert facts.examples["missing_value"][1] == "row 3 of events.csv: cost is empty"


def test_the_commonest_zone_stays_wherever_it_stands(make_config, ingested) -> None:
    rows = "time,shop,sales\n2020-03-01 10:00+05:00,a,1\n" + "".join(
        f"2020-03-0{day} 10:00+02:00,a,2\n" for day in (1, 2, 3)
    )
    config = make_config(rows, problems={"mixed_time_zones": "drop"}, chunk_rows=1)
    facts, table = ingested(config)
    assert facts.dropped == {"mixed_time_zones": 1}
    assert table["timestamp"].to_pylist() == [datetime(2020, 3, day, 8) for day in (1, 2, 3)]


def test_a_winter_and_a_summer_of_one_place_are_not_mixed(make_config, ingested) -> None:
    rows = "time,shop,sales\n2020-01-01 10:00+01:00,a,1\n2020-07-01 10:00+02:00,a,1\n"
    facts, _ = ingested(make_config(rows, **BERLIN))
    assert facts.warnings == {}
    with pytest.raises(DataError, match="mixed_time_zones"):
        ingested(make_config(rows))


class TestDuplicates:
    ROWS = "time,shop,sales,line\n2020-03-01,a,1,1\n2020-03-01,a,1,2\n2020-03-01,a,1,2\n"

    def test_other_columns_tell_events_apart(self, make_config, ingested) -> None:
        assert ingested(make_config(self.ROWS))[0].warnings == {"duplicate_event": 1}

    def test_unless_they_are_left_out(self, make_config, ingested) -> None:
        facts, table = ingested(make_config(self.ROWS, event_id=[], problems={"duplicate_event": "drop"}))
        assert facts.dropped == {"duplicate_event": 2}
        assert table.num_rows == 1
        assert facts.warnings == {"single_event_index": 1}

    def test_missing_values_are_equal(self, make_config, ingested) -> None:
        rows = {
            "time": ["2020-03-01"] * 3,
            "shop": ["a"] * 3,
            "sales": [None, None, 1.0],
            "x": [float("nan")] * 3,
        }
        config = make_config(rows, problems={"missing_value": "keep", "duplicate_event": "drop"})
        assert ingested(config)[0].dropped == {"duplicate_event": 1}


class TestJoins:
    @pytest.fixture
    def joined(self, make_config, tmp_path: Path):
        def make(
            lookup: str, rows: str = "time,sku,sales\n2020-03-01,7,1\n2020-03-01,8,1\n", **settings: Any
        ) -> Any:
            (tmp_path / "goods.csv").write_text(lookup)
            join = {"path": str(tmp_path / "goods.csv"), "left_on": "sku", "columns": ["group"]}
            return make_config(rows, joins=[join | settings.pop("join", {})], index=["group"], **settings)

        return make

    def test_rows_without_a_match_are_dropped_and_counted(self, joined, ingested) -> None:
        facts, table = ingested(joined("sku,group\n7,food\n"))
        assert facts.dropped == {"no_match": 1}
        assert facts.examples["no_match"] == ["row 2 of events.csv: sku '8'"]
        assert table["group"].to_pylist() == ["food"]

    def test_or_fail(self, joined, ingested) -> None:
        with pytest.raises(DataError, match=r"no_match: 1 rows: row 2 of events\.csv: sku '8'"):
            ingested(joined("sku,group\n7,food\n", problems={"no_match": "fail"}))

    def test_or_are_kept(self, joined, ingested) -> None:
        keep = {"no_match": "keep", "missing_index": "keep", "single_event_index": "keep"}
        facts, table = ingested(joined("sku,group\n7,food\n", problems=keep))
        assert facts.warnings == {"no_match": 1, "missing_index": 1, "single_event_index": 2}
        assert sorted(table["group"].to_pylist()) == ["(missing)", "food"]

    def test_an_event_without_a_key_matches_nothing(self, joined, ingested) -> None:
        rows = "time,sku,sales\n2020-03-01,7,1\n2020-03-01,,1\n"
        facts, _ = ingested(joined("sku,group\n7,food\n,none\n", rows))
        assert facts.dropped == {"no_match": 1}

    def test_a_key_twice_would_multiply_events(self, joined, ingested) -> None:
        with pytest.raises(DataError, match=r"column 'sku' names 1 keys more than once: 7"):
            ingested(joined("sku,group\n7,food\n7,drink\n8,x\n"))
        with pytest.raises(DataError, match="the table to join has no rows"):
            ingested(joined("sku,group\n"))

    def test_one_table_after_the_other(self, make_config, ingested, tmp_path: Path) -> None:
        (tmp_path / "goods.csv").write_text("id,group,price\n7,1,2.5\n")
        (tmp_path / "groups.csv").write_text("group,name\n1,food\n")
        joins = [
            {
                "path": str(tmp_path / "goods.csv"),
                "left_on": "sku",
                "right_on": "id",
                "columns": ["group", "price"],
            },
            {"path": str(tmp_path / "groups.csv"), "left_on": "group", "columns": ["name"]},
        ]
        rows = {"time": ["2020-03-01"], "sku": [7], "pieces": [3]}
        derived = {"sales": ["pieces", "price"]}
        _, table = ingested(make_config(rows, joins=joins, index=["name"], values=[], derived=derived))
        assert table.to_pylist() == [{"timestamp": datetime(2020, 3, 1), "name": "food", "sales": 7.5}]


def test_rare_series_are_dropped_and_counted(make_config, ingested) -> None:
    rows = f"time,shop,sales\n{_GOOD}2020-03-02,b,1\n2020-03-02,c,1\n"
    facts, table = ingested(make_config(rows, min_events=3))
    assert facts.dropped == {"rare_series": 3}
    assert facts.examples["rare_series"] == ["shop=a, count=2", "shop=c, count=1"]
    assert facts.warnings == {}
    assert facts.series == 1
    assert set(table["shop"].to_pylist()) == {"b"}
    assert facts.first == "2020-03-01T12:00:00"


class TestNothingLeft:
    def test_no_rows(self, make_config, ingested) -> None:
        with pytest.raises(DataError, match=r"no event is left of 0 rows \(none were dropped\)"):
            ingested(make_config("time,shop,sales\n"))

    def test_all_dropped(self, make_config, ingested, tmp_path: Path) -> None:
        config = make_config("time,shop,sales\nx,a,1\ny,a,1\n", problems={"unparsable_timestamp": "drop"})
        with pytest.raises(DataError, match=r"no event is left of 2 rows \(2 by unparsable_timestamp\)"):
            ingested(config)
        assert list((tmp_path / "table-0").iterdir()) == []

    def test_all_series_rare(self, make_config, ingested) -> None:
        with pytest.raises(DataError, match=r"no event is left of 4 rows \(4 by rare_series\)"):
            ingested(make_config(f"time,shop,sales\n{_GOOD}", min_events=5))
