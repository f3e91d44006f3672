"""Cells that need the Hugging Face hub run when asked for, so that what a notebook stores does not depend on a network."""

from __future__ import annotations

from course_utils import arguments

VARIABLE = "COURSE_ONLINE"


def online(*needs: str, minutes: int | None = None) -> bool:
    """Whether the variable COURSE_ONLINE asks for cells that use the hub: 1, true, yes or on.

    If it does not, one line says what would be fetched, and how to ask. Nothing is looked up for it, on disk or elsewhere, so
    the line is the same on every machine.

    Args:
        needs: models, by a name that ``load_encoder`` takes, and data sets that have a public counterpart.
        minutes: how long the cell takes with it, as an estimate for two CPU cores.

    Raises:
        TypeError: a name is no text, or ``minutes`` not a whole number.
        ValueError: ``minutes`` is below 1, or a name can be neither a model on the hub nor a public data set.
    """
    from course_utils import data, hub

    needs = arguments.texts(needs, "needs")
    wrong = [name for name in needs if name not in data.PUBLIC and not hub.is_name(name)]
    if wrong:
        raise ValueError(f"needs: {arguments.shown(wrong[0])} cannot be a name on the Hugging Face hub (owner/name).")
    minutes = minutes if minutes is None else arguments.whole(minutes, "minutes", 1)
    wanted = [data.wanted_set(name) if name in data.PUBLIC else hub.wanted_model(name) for name in needs]
    if hub.is_on(VARIABLE):
        return True
    what = ", ".join(map(str, wanted)) or "nothing"
    time = f" It takes about {minutes} minutes on two CPU cores." if minutes else ""
    print(
        f"Not asked for. This cell would fetch, once, from the Hugging Face hub: {what}.{time} "
        f"To run it: %env {VARIABLE}=1 in a cell above."
    )
    return False
