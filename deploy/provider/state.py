"""What the provider's routes share."""

from dataclasses import dataclass
from typing import Annotated

import httpx
from fastapi import Depends, Request

from deploy.provider.callbacks import Callbacks
from deploy.provider.kept import Kept
from deploy.provider.settings import Settings
from deploy.provider.switches import Board


@dataclass(frozen=True)
class State:
    settings: Settings
    kept: Kept
    board: Board
    callbacks: Callbacks
    http: httpx.AsyncClient


def _state(request: Request) -> State:
    state: State = request.app.state.provider
    return state


Provider = Annotated[State, Depends(_state)]
