import pytest
from pydantic import ValidationError

from deploy.provider.switches import Board, Switches


def test_switches_hold_until_changed() -> None:
    board = Board()
    board.now = Switches(mode="refuse")
    assert [board.take().mode for _ in range(3)] == ["refuse"] * 3


def test_a_count_uses_itself_up() -> None:
    board = Board()
    board.now = Switches(mode="429", count=2)
    assert [board.take().mode for _ in range(3)] == ["429", "429", "ok"]


@pytest.mark.parametrize("wrong", [{"mode": "explode"}, {"count": 0}, {"unknown": 1}])
def test_an_unknown_switch_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Switches.model_validate(wrong)
