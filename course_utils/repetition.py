"""Verdicts that were asked for again: each claim of the course in ten draws of data, random numbers and trainings.

``course_utils/results/claims.csv`` is written by ``python -m course_utils proof seeds``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping

from course_utils import arguments
from course_utils.statistics import Verdict

TABLE = "claims.csv"
OUTCOMES = ("supported", "not supported", "undecided")
COLUMNS = ("notebook", "claim", "verdict", *OUTCOMES)
HOLDS = 0.9  # of the draws: what comes out less often is not settled


def repeated_verdicts(notebook: str) -> dict[str, dict[str, int]]:
    """How often each claim of a notebook came out how when its study was done again, on ``mini-bert``.

    Notebooks 00 to 04: ten draws with replacement from each split of the data, with other random numbers and other untrained
    networks. Notebooks 05 to 07: ten seeds of the trainings, and, for claims about no training, ten draws of the items.

    Args:
        notebook: its two digits, such as ``"03"``.

    Returns:
        Claim to counts of ``"supported"``, ``"not supported"`` and ``"undecided"``.

    Raises:
        TypeError: ``notebook`` is no text.
        ValueError: nothing is known of such a notebook.
        DamagedResultsError: the file is missing or altered.

    >>> repeated_verdicts("00")["under raw [CLS], paraphrases have a higher mean cosine"]["supported"]
    10
    """
    from course_utils.checksums import verified
    from course_utils.replication import ADVICE, FOLDER, DamagedResultsError

    arguments.text(notebook, "notebook")
    with open(verified(FOLDER / TABLE, DamagedResultsError, ADVICE), newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["notebook"] == notebook]
    if not rows:
        raise ValueError(f'notebook: nothing was repeated for {arguments.shown(notebook)}; give its two digits, such as "03".')
    return {row["claim"]: {outcome: int(row[outcome]) for outcome in OUTCOMES} for row in rows}


def counted(again) -> Mapping[str, Mapping[str, int]]:
    """``again``, if it is claim to counts of outcomes; nothing for ``None`` or nothing.

    Raises:
        TypeError: it is no dict.
        ValueError: a value of it does not hold a count for each outcome, or none above 0.
    """
    if again is None or (isinstance(again, Mapping) and not again):
        return {}
    arguments.mapping(again, "again", "claim to counts of outcomes, from repeated_verdicts")
    for claim, counts in again.items():
        if not isinstance(counts, Mapping) or set(counts) != set(OUTCOMES):
            raise ValueError(f"again: {arguments.shown(claim)} has no counts of {', '.join(OUTCOMES)}; take repeated_verdicts.")
        if sum(arguments.whole(count, "a count of again", 0) for count in counts.values()) < 1:
            raise ValueError(f"again: {arguments.shown(claim)} was repeated no times.")
    return again


def settle(verdict: Verdict, again: Mapping[str, Mapping[str, int]]) -> tuple[str, str]:
    """The outcome of ``verdict`` after the repetitions in ``again``, and how often its own outcome came again, as text.

    A decided verdict that came out alike in fewer than nine of ten is undecided. A claim that was not repeated stays as it is.

    Raises:
        TypeError: ``verdict`` is none, or ``again`` no dict.
        ValueError: ``again`` does not hold counts.

    >>> from course_utils import Interval, judge
    >>> verdict = judge("the mean beats [CLS]", Interval(0.05, 0.01, 0.09))
    >>> settle(verdict, {"the mean beats [CLS]": {"supported": 6, "not supported": 0, "undecided": 4}})
    ('undecided', 'supported in 6 of 10')
    """
    if not isinstance(verdict, Verdict):
        raise TypeError(f"verdict must be a Verdict, from judge or judge_fact, not {arguments.shown(verdict)}.")
    counts = counted(again).get(verdict.claim)
    if counts is None:
        return verdict.outcome, ""
    alike, draws = counts[verdict.outcome], sum(counts.values())
    outcome = verdict.outcome if alike >= HOLDS * draws else "undecided"
    return outcome, f"{verdict.outcome} in {alike} of {draws}"
