"""Fetch all that the course can use from the hub, for a class without a network, and verify it."""

from __future__ import annotations

import sys
from pathlib import Path

from course_utils import data, hub, hub_cache


def wanted(names: list[str]) -> dict[str, hub_cache.Wanted]:
    """What the names stand for; all known models and public sets, if there are none. A name of the hub is a model.

    Raises:
        ValueError: a name that is neither.
    """
    known = [*hub.MODELS, *data.PUBLIC]
    unknown = [name for name in names if name not in known and (name in data.NAMES or not hub.is_name(name))]
    if unknown:
        raise ValueError(f"Nothing to fetch by the name {unknown[0]!r}. There are {', '.join(known)}; models as owner/name.")
    return {name: data.wanted_set(name) if name in data.PUBLIC else hub.wanted_model(name) for name in names or known}


def fetch(names: list[str], to: Path | None = None) -> int:
    """Fetch what the names stand for into the cache, or into the folder ``to``; go on after a failure.

    Returns:
        0 if all is there, else 1; each failure has been said on stderr.
    """
    cache, there, all_wanted = (to or hub.cache_folder()).resolve(), 0, wanted(names)
    for name, want in all_wanted.items():
        try:
            folder = hub_cache.folder_of(want, cache)
            if folder and (damaged := hub_cache.damaged(folder)):
                hub_cache.forget(folder, damaged)
            print(f"{name}: {hub.fetch(want, cache)}", flush=True)
            there += 1
        except (OSError, ValueError) as error:
            known = isinstance(error, (hub.FetchError, ValueError))
            print(f"{name}: {error if known else hub.explain(error, want, cache)}", file=sys.stderr, flush=True)
    print(f"{there} of {len(all_wanted)} are there.")
    if to is not None and there:
        print(f"To use the folder, here or on another machine: set HF_HUB_CACHE={cache} before Python or Jupyter starts.")
    return 0 if there == len(all_wanted) else 1


def verify(names: list[str], to: Path | None = None) -> int:
    """Compare every file with its checksum, without a request; a line each.

    Returns:
        0 if all is there and whole, else 1.
    """
    cache, bad = (to or hub.cache_folder()).resolve(), 0
    for name, want in wanted(names).items():
        state = state_of(want, cache)
        print(f"{name}: {state}")
        bad += not state.startswith("whole")
    if bad:
        target = f" --to {to}" if to is not None else ""
        print(f"{bad} to be fetched: {hub.PREFETCH}{target}")
    return 1 if bad else 0


def state_of(want: hub_cache.Wanted, cache: Path) -> str:
    """``whole`` with its commit, ``DAMAGED`` with the files, or ``not there``: by checksum, without a request."""
    folder = hub_cache.folder_of(want, cache)
    damaged = hub_cache.damaged(folder) if folder else []
    if damaged:
        return f"DAMAGED ({', '.join(damaged)})"
    there = hub_cache.cached(want, cache) or hub_cache.unrecorded(want, cache)
    return f"whole ({folder.name[:12]})" if there else "not there"
