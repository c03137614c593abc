"""The warning signs W1 to W12 and the offset O1, one function each (R3.5).

A sign answers with its capped points and the reasons for them, or None when its input is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.aftercare.risk.rules import Rules
from services.aftercare.risk.signals import Signals

PHQ9_MODERATE, PHQ9_SEVERE, GAD7_MODERATE, SHORT_FORM_CUT = 10, 15, 10, 3


@dataclass(frozen=True)
class Reason:
    """Why there are points, in words for staff; a gate has none but still says why."""

    rule: str
    points: int
    text: str


Part = tuple[int, str]
Sign = Callable[[Signals, Any], list[Part] | None]


def missed_contacts(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.missed is None:
        return None
    if signals.missed < 1:
        return []
    step = min(signals.missed, len(rule["points"])) - 1
    return [(rule["points"][step], rule["words"].format(count=signals.missed))]


def use(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.use_days is None:
        return [(rule["more"], rule["words_more"])] if signals.heavy_use else None
    if signals.use_days > 1 or signals.heavy_use:
        return [(rule["more"], rule["words_more"])]
    return [(rule["any"], rule["words_any"])] if signals.use_days else []


def craving(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.craving is None:
        return None
    value, rise = signals.craving.value, signals.craving.change()
    parts = [(rule["at"].get(str(value), 0), rule["words"].format(value=value))]
    if rise >= rule["rise"]:
        parts.append((rule["rise_points"], rule["words_rise"].format(rise=_number(rise))))
    return parts


def protective(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.protective is None:
        return None
    value, drop = signals.protective.value, -signals.protective.change()
    parts = [(rule["points"] if value <= rule["least"] else 0, rule["words"].format(value=value))]
    if drop >= rule["drop"]:
        parts.append((rule["drop_points"], rule["words_drop"].format(drop=_number(drop))))
    return parts


def bam_risk(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.bam_risk is None:
        return None
    value, rise = signals.bam_risk.value, signals.bam_risk.change()
    parts = [(rule["points"] if value >= rule["from"] else 0, rule["words"].format(value=value))]
    if rise >= rule["rise"]:
        parts.append((rule["rise_points"], rule["words_rise"].format(rise=_number(rise))))
    return parts


def confidence(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.confidence is None:
        return None
    if signals.confidence > rule["most"]:
        return []
    return [(rule["points"], rule["words"].format(value=signals.confidence))]


def distress(signals: Signals, rule: Any) -> list[Part] | None:
    phq2, phq9, gad2, gad7 = signals.phq2, signals.phq9, signals.gad2, signals.gad7
    if phq2 is None and phq9 is None and gad2 is None and gad7 is None:
        return None
    parts = []
    if (phq9 or 0) >= PHQ9_SEVERE:
        parts.append((rule["much"], rule["words_much"]))
    elif (phq9 or 0) >= PHQ9_MODERATE or (phq2 or 0) >= SHORT_FORM_CUT:
        parts.append((rule["some"], rule["words_some"]))
    if (gad7 or 0) >= GAD7_MODERATE or (gad2 or 0) >= SHORT_FORM_CUT:
        parts.append((rule["anxiety"], rule["words_anxiety"]))
    return parts


def network(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.network_drop is None and signals.lost_close_contact is None:
        return None
    parts = []
    if signals.network_drop is not None and signals.network_drop >= rule["drop"]:
        words = rule["words_drop"].format(drop=_number(signals.network_drop))
        parts.append((rule["drop_points"], words))
    if signals.lost_close_contact:
        parts.append((rule["lost_points"], rule["words_lost"]))
    return parts


def concerns(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.concerns is None:
        return None
    if signals.concerns > 1 or (signals.concerns and signals.first_hand_concern):
        return [(rule["more"], rule["words_more"])]
    return [(rule["one"], rule["words_one"])] if signals.concerns else []


def stressors(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.stressors is None:
        return None
    return [(rule["points"][one], rule["words"][one]) for one in sorted(signals.stressors)]


def attendance(signals: Signals, rule: Any) -> list[Part] | None:
    if signals.no_shows is None and signals.medication_gap_days is None:
        return None
    parts = []
    if signals.no_shows:
        points = min(signals.no_shows * rule["no_show"], rule["no_show_most"])
        parts.append((points, rule["words_no_show"].format(count=signals.no_shows)))
    if (signals.medication_gap_days or 0) >= rule["gap_days"]:
        parts.append((rule["gap"], rule["words_gap"].format(days=signals.medication_gap_days)))
    return parts


def first_weeks(signals: Signals, rule: Any) -> list[Part] | None:
    day = signals.days_since_discharge
    if day is None:
        return None
    if day <= rule["first_days"]:
        return [(rule["first"], rule["words"].format(day=day))]
    return [(rule["later"], rule["words"].format(day=day))] if day <= rule["later_days"] else []


SIGNS: dict[str, Sign] = {
    "W1": missed_contacts,
    "W2": use,
    "W3": craving,
    "W4": protective,
    "W5": bam_risk,
    "W6": confidence,
    "W7": distress,
    "W8": network,
    "W9": concerns,
    "W10": stressors,
    "W11": attendance,
    "W12": first_weeks,
}


def found(id: str, signals: Signals, rules: Rules) -> list[Reason] | None:
    """The reasons of one sign; its cap takes points off the later ones first."""
    parts = SIGNS[id](signals, rules[id])
    if parts is None:
        return None
    left, reasons = rules[id]["cap"], []
    for points, text in parts:
        if points:
            reasons.append(Reason(id, min(points, left), text))
            left -= min(points, left)
    return reasons


def offsets(signals: Signals, rules: Rules, reasons: Sequence[Reason]) -> list[Reason] | None:
    """O1 counts only where no use is known of."""
    if signals.offsets is None:
        return None
    if any(reason.rule == "W2" for reason in reasons):
        return []
    rule = rules["O1"]
    counted = sorted(signals.offsets)[: rule["most"] // rule["each"]]
    return [Reason("O1", rule["each"], rule["words"][one]) for one in counted]


def _number(value: float) -> str:
    return f"{value:g}"
