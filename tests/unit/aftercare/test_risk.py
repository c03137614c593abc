"""The additive score and the levels of R3.5 and R3.6, with their worked examples."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.aftercare.risk import signals as inputs
from services.aftercare.risk.domain import Level, Occasion, Standing, act_by, evaluate, settle
from services.aftercare.risk.rules import rule_set
from services.aftercare.risk.signals import Answered, Reading, Signals

RULES = rule_set("v1")
ZONE = "America/New_York"
MONDAY = datetime(2026, 6, 1, 14, 0, tzinfo=UTC)  # 10:00 in New York

HELP, CLOSE, MEDICINE, CAPITAL = (
    "mutual-help",
    "supportive-contact",
    "medication",
    "recovery-capital",
)

WORKED = {
    "1": (
        Signals(days_since_discharge=35, missed=1, offsets=frozenset({HELP, CLOSE})),
        1,
        Level.ROUTINE,
    ),
    "2": (
        Signals(
            days_since_discharge=20,
            missed=2,
            craving=Reading(3, (1, 1, 1)),
            protective=Reading(11, (18, 18, 18)),
            concerns=1,
        ),
        56,
        Level.HIGH,
    ),
    "3": (
        Signals(days_since_discharge=70, use_days=1, phq2=4, no_shows=1),
        39,
        Level.ELEVATED,
    ),
    "3, an opioid": (
        Signals(
            days_since_discharge=70, use_days=1, phq2=4, no_shows=1, opioid_after_abstinence=True
        ),
        39,
        Level.HIGH,
    ),
    "4": (
        Signals(
            days_since_discharge=240,
            phq9=4,
            self_harm_answer=1,
            offsets=frozenset({HELP, CLOSE, MEDICINE, CAPITAL}),
        ),
        0,
        Level.CRISIS,
    ),
}


@pytest.mark.parametrize(("signals", "score", "level"), WORKED.values(), ids=WORKED)
def test_the_worked_examples(signals: Signals, score: int, level: Level) -> None:
    evaluation = evaluate(signals, RULES)
    assert (evaluation.score, evaluation.level) == (score, level)


SIGNS = [
    ("W1", Signals(missed=0), 0),
    ("W1", Signals(missed=1), 5),
    ("W1", Signals(missed=2), 15),
    ("W1", Signals(missed=3), 25),
    ("W1", Signals(missed=9), 25),
    ("W2", Signals(use_days=0), 0),
    ("W2", Signals(use_days=1), 25),
    ("W2", Signals(use_days=2), 35),
    ("W2", Signals(use_days=1, heavy_use=True), 35),
    ("W3", Signals(craving=Reading(2)), 0),
    ("W3", Signals(craving=Reading(3)), 10),
    ("W3", Signals(craving=Reading(4)), 15),
    ("W3", Signals(craving=Reading(2, (0, 0, 0))), 5),
    ("W3", Signals(craving=Reading(3, (1, 1))), 10),  # a rise needs three values before
    ("W3", Signals(craving=Reading(4, (1, 2, 2))), 18),  # 15 + 5, capped
    ("W4", Signals(protective=Reading(13)), 0),
    ("W4", Signals(protective=Reading(12)), 8),
    ("W4", Signals(protective=Reading(14, (20, 20, 20))), 6),
    ("W5", Signals(bam_risk=Reading(11)), 0),
    ("W5", Signals(bam_risk=Reading(12)), 8),
    ("W5", Signals(bam_risk=Reading(12, (6, 6, 6))), 12),
    ("W6", Signals(confidence=2), 0),
    ("W6", Signals(confidence=1), 6),
    ("W7", Signals(phq2=2, gad2=2), 0),
    ("W7", Signals(phq2=3), 5),
    ("W7", Signals(phq9=14), 5),
    ("W7", Signals(phq9=15), 10),
    ("W7", Signals(phq9=15, gad7=10), 12),  # 13, capped
    ("W8", Signals(network_drop=14.9), 0),
    ("W8", Signals(network_drop=15), 8),
    ("W8", Signals(network_drop=15, lost_close_contact=True), 14),
    ("W9", Signals(concerns=1), 8),
    ("W9", Signals(concerns=1, first_hand_concern=True), 14),
    ("W9", Signals(concerns=2), 14),
    ("W10", Signals(stressors=frozenset({"job-lost"})), 6),
    ("W10", Signals(stressors=frozenset({"housing-lost", "job-lost"})), 14),
    ("W11", Signals(no_shows=3), 10),
    ("W11", Signals(medication_gap_days=1), 0),
    ("W11", Signals(no_shows=2, medication_gap_days=2), 17),
    ("W12", Signals(days_since_discharge=0), 8),
    ("W12", Signals(days_since_discharge=14), 8),
    ("W12", Signals(days_since_discharge=15), 4),
    ("W12", Signals(days_since_discharge=90), 4),
    ("W12", Signals(days_since_discharge=91), 0),
]


@pytest.mark.parametrize(("sign", "signals", "points"), SIGNS)
def test_each_sign_gives_its_points_and_says_why(sign: str, signals: Signals, points: int) -> None:
    evaluation = evaluate(signals, RULES)
    assert evaluation.score == points
    assert all(reason.rule in (sign, "gate") and reason.text for reason in evaluation.reasons)
    assert RULES[sign]["input"] not in evaluation.missing


def test_what_protects_takes_off_at_most_12_points_and_only_without_known_use() -> None:
    all_four = frozenset({HELP, CLOSE, MEDICINE, CAPITAL})
    three_misses = Signals(missed=3, offsets=all_four)
    assert evaluate(three_misses, RULES).score == 25 - 12
    assert evaluate(replace(three_misses, use_days=1), RULES).score == 25 + 25


def test_missing_inputs_are_listed_and_count_nothing() -> None:
    evaluation = evaluate(Signals(), RULES)
    assert evaluation.score == 0
    assert len(evaluation.missing) == 13  # W1 to W12 and O1


def test_everything_at_once_stays_within_100() -> None:
    worst = Signals(
        missed=3,
        use_days=2,
        craving=Reading(4, (0, 0, 0)),
        protective=Reading(0, (20, 20, 20)),
        bam_risk=Reading(24, (0, 0, 0)),
        confidence=0,
        phq9=20,
        gad7=20,
        network_drop=50,
        lost_close_contact=True,
        concerns=3,
        stressors=frozenset(RULES["W10"]["points"]),
        no_shows=5,
        medication_gap_days=9,
        days_since_discharge=3,
    )
    assert evaluate(worst, RULES).score == 100


@pytest.mark.parametrize(
    ("signals", "level"),
    [
        (Signals(use_days=1), Level.ELEVATED),  # only use leaves routine alone
        (Signals(missed=3), Level.ELEVATED),  # so do three misses; silence alone never more
        (Signals(craving=Reading(4)), Level.ELEVATED),  # and extreme craving, by its gate
        (Signals(crisis_words=True), Level.CRISIS),
        (Signals(danger=True), Level.CRISIS),
    ],
)
def test_one_sign_alone(signals: Signals, level: Level) -> None:
    assert evaluate(signals, RULES).level == level


def put(
    before: Standing | None,
    signals: Signals,
    at: datetime,
    *,
    silent: bool = False,
    informed: bool = True,
) -> tuple[Standing, list[str]]:
    after, events = settle(
        before,
        evaluate(signals, RULES),
        Occasion(
            client_id="cl_1",
            evaluation_id="ev_1",
            at=at,
            zone=ZONE,
            informed=informed,
            silent=silent,
        ),
        RULES,
    )
    return after, [f"{event.previous_level}>{event.level}" for event in events]


HIGH = Signals(use_days=1, missed=2)  # 40
LOW = Signals(missed=0)


def days(count: int) -> datetime:
    return MONDAY + timedelta(days=count)


def test_a_level_goes_up_at_once_and_says_until_when_to_act() -> None:
    first, said = put(None, LOW, days(0))
    assert (first.shown, said, first.act_by) == ("routine", ["unknown>routine"], None)
    up, said = put(first, HIGH, days(1))
    assert (up.shown, said) == ("high", ["routine>high"])
    assert up.act_by == datetime(2026, 6, 3, 21, 0, tzinfo=UTC)  # Wednesday 17:00 in New York


def test_a_level_goes_down_one_step_after_two_evaluations_14_days_apart() -> None:
    standing, _ = put(None, HIGH, days(0))
    steps = []
    for day in (7, 14, 20, 21, 28, 35, 42):
        standing, _ = put(standing, LOW, days(day))
        steps.append((day, standing.shown))
    assert steps == [
        (7, "high"),
        (14, "high"),
        (20, "high"),
        (21, "elevated"),
        (28, "elevated"),
        (35, "routine"),
        (42, "routine"),
    ]


def test_one_evaluation_at_the_level_starts_the_count_again() -> None:
    standing, _ = put(None, HIGH, days(0))
    for day, signals in ((7, LOW), (14, HIGH), (21, LOW), (28, LOW)):
        standing, said = put(standing, signals, days(day))
        assert (standing.shown, said) == ("high", [])


def test_silence_lowers_nothing() -> None:
    standing, _ = put(None, HIGH, days(0))
    for day in (7, 21, 35):
        standing, said = put(standing, LOW, days(day), informed=False)
        assert (standing.shown, said) == ("high", [])


def test_long_silence_is_unknown_never_routine_and_ends_with_an_answer() -> None:
    standing, _ = put(None, LOW, days(0))
    standing, said = put(standing, LOW, days(21), silent=True, informed=False)
    assert (standing.shown, said) == ("unknown", ["routine>unknown"])
    assert standing.act_by == datetime(2026, 6, 24, 21, 0, tzinfo=UTC)  # two working days on
    standing, said = put(standing, LOW, days(22))
    assert said == ["unknown>routine"]


def test_long_silence_does_not_hide_a_known_high_level() -> None:
    standing, _ = put(None, HIGH, days(0))
    standing, said = put(standing, HIGH, days(21), silent=True, informed=False)
    assert (standing.shown, said) == ("high", [])


def test_the_same_level_again_is_no_news_and_keeps_its_term() -> None:
    standing, _ = put(None, HIGH, days(0))
    again, said = put(standing, HIGH, days(1))
    assert said == []
    assert (again.since, again.act_by) == (standing.since, standing.act_by)


@pytest.mark.parametrize(
    ("shown", "at", "until"),
    [
        ("elevated", "2026-06-05T14:00Z", "2026-06-09T21:00Z"),  # Friday → Tuesday
        ("high", "2026-06-05T14:00Z", "2026-06-08T21:00Z"),  # Friday → Monday
        ("high", "2026-06-06T14:00Z", "2026-06-08T21:00Z"),  # Saturday → Monday
        ("very-high", "2026-06-06T14:00Z", "2026-06-06T21:00Z"),  # Saturday, the same day
        ("very-high", "2026-06-06T23:30Z", "2026-06-07T01:30Z"),  # 19:30 there: two hours on
        ("unknown", "2026-06-01T14:00Z", "2026-06-03T21:00Z"),
    ],
)
def test_until_when_to_act(shown: str, at: str, until: str) -> None:
    assert act_by(shown, datetime.fromisoformat(at), ZONE, RULES) == datetime.fromisoformat(until)


def pulse(day: int, **answers: int) -> Answered:
    return Answered(at=days(day), answers=answers)


def signals_on(day: int, *answered: Answered) -> Signals:
    return inputs.from_checkins(
        answered,
        missed=0,
        discharged_on=date(2026, 6, 1),
        today=days(day).date(),
        at=days(day),
        window_days=RULES["window_days"],
    )


def test_the_pulse_feeds_use_craving_and_confidence() -> None:
    weeks = [
        pulse(28, mood=2, craving=4, confidence=1, use=1),
        pulse(21, craving=1, use=0),
        pulse(14, craving=2),
        pulse(7, craving=1, confidence=4),
    ]
    signals = signals_on(28, *weeks)
    assert signals.use_days == 1
    assert signals.craving == Reading(4, (1, 2, 1))
    assert signals.confidence == 1
    assert signals.days_since_discharge == 27 + 1
    assert evaluate(signals, RULES).score == 25 + 18 + 6 + 4


def test_two_yes_answers_are_two_days_only_if_their_weeks_do_not_overlap() -> None:
    assert signals_on(8, pulse(8, use=1), pulse(5, use=1)).use_days == 1
    assert signals_on(8, pulse(8, use=1), pulse(1, use=1)).use_days == 2


def test_old_and_skipped_answers_are_missing_not_good_news() -> None:
    signals = signals_on(40, pulse(39, mood=2), pulse(1, craving=4, use=1, confidence=0))
    assert (signals.use_days, signals.craving, signals.confidence) == (None, None, None)
