"""How the provider misbehaves, and for how many messages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Callbacks = Literal["ok", "duplicate", "reordered", "none", "undelivered"]


class Switches(BaseModel):
    """`refuse` answers 400 with `code`; `hang` takes nothing and never answers;
    `accept_and_silence` takes the message and never answers. Without `count` until changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["ok", "refuse", "429", "hang", "accept_and_silence", "500"] = "ok"
    code: int = 21610
    callbacks: Callbacks = "ok"
    mail: Literal["ok", "refuse", "busy", "hang", "accept_and_silence"] = "ok"
    count: int | None = Field(default=None, ge=1)


class Board:
    def __init__(self) -> None:
        self.now = Switches()

    def take(self) -> Switches:
        """The switches for one message; the last of `count` sets all back to ok."""
        taken = self.now
        if taken.count is not None:
            left = taken.count - 1
            self.now = taken.model_copy(update={"count": left}) if left else Switches()
        return taken
