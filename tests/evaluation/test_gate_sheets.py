"""The verdict agrees with the eye on the sheets that were labelled: see `benchmarks/gate_sheets.py`."""

import json

from aigc_core.families import config_class
from benchmarks import gate_sheets


def test_the_gates_agree_with_the_labels_on_nine_of_ten_sheets() -> None:
    rows, wrong = gate_sheets.agreement()
    assert len(rows) >= 40 and sum(row["labels"][0] == "good" for row in rows) >= 20
    assert len(wrong) / len(rows) <= 0.1, [row["id"] for row in wrong]


def test_each_sheet_has_two_labels_and_recipes_of_every_kind_are_among_them() -> None:
    rows = json.loads(gate_sheets.KEPT.read_text(encoding="utf-8"))
    assert all(len(row["labels"]) == 2 and set(row["labels"]) <= {"good", "bad"} for row in rows)
    seen = {(row["family"], row["preset"]) for row in rows}
    for_a_gpu = {("gpt", "mini"), ("gpt", "small")}
    for family in ("gan", "vae", "gpt"):
        assert {(family, preset) for preset in config_class(family).presets} - seen <= for_a_gpu
