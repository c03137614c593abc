"""What happens in aftercare when its time has come."""

from services.aftercare.checkins.asking import (
    CHECKIN_DUE,
    RUNG,
    SILENCE,
    WINDOW_ENDED,
    ask_when_due,
)
from services.aftercare.checkins.silence import climb, fall_silent, miss
from services.aftercare.keys import for_deadline, unless_held
from services.aftercare.plans.usecases import TASK_DUE, note_late_task
from services.aftercare.settings import Settings
from shared.consume import Handler
from shared.due import DueTable, run_due

DUE: DueTable = {
    CHECKIN_DUE: Handler(ask_when_due, prepare=for_deadline),
    WINDOW_ENDED: Handler(miss, prepare=for_deadline),
    RUNG: Handler(climb, prepare=unless_held),
    SILENCE: Handler(fall_silent, prepare=for_deadline),
    TASK_DUE: note_late_task,
}


def main() -> None:
    run_due(Settings, DUE)


if __name__ == "__main__":
    main()
