"""What went wrong on the way from the hub, and what to do, in words for a learner."""

from __future__ import annotations

import errno
import json
from pathlib import Path

from course_utils.hub_cache import Wanted

PREFETCH = "python -m course_utils prefetch"


def explain(error: Exception, wanted: Wanted, cache: Path) -> str:
    """What went wrong while ``wanted`` was fetched, and what to do, in words for a learner."""
    from huggingface_hub import constants, errors

    endpoint, page = constants.ENDPOINT, f"{constants.ENDPOINT}/{'datasets/' * (wanted.kind == 'dataset')}{wanted.repository}"
    chain = _chain(error)
    status = next((code for code in map(_status, chain) if code), None)
    if any(isinstance(e, errors.GatedRepoError) for e in chain):
        return (
            f"{wanted} is gated: accept its terms on {page}, log in with `hf auth login`, and try again. Or: {wanted.instead}."
        )
    if any(isinstance(e, errors.RevisionNotFoundError) for e in chain):
        return f"{wanted.repository} has no revision {wanted.revision!r} on {endpoint}. Check it on {page}/commits/main."
    if any(isinstance(e, errors.RepositoryNotFoundError) for e in chain):
        return (
            f"{endpoint} has no {wanted.kind} {wanted.repository!r}, or it is private. Check the spelling on {endpoint}/"
            f"{wanted.kind}s; for a private one log in with `hf auth login`. Or: {wanted.instead}."
        )
    if status == 429:
        return (
            f"The hub refuses {wanted} for now (429, too many requests; a class behind one address shares one limit). Wait "
            f"some minutes, log in with `hf auth login`, or copy one prefetched folder to all: {PREFETCH} --to FOLDER."
        )
    if any((isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT)) or "No space left" in str(e) for e in chain):
        return no_room(wanted, cache, "it filled up while files were fetched")
    if any(isinstance(e, OSError) and e.errno in (errno.EACCES, errno.EROFS, errno.EPERM) for e in chain):
        return f"{cache} cannot be written. Name a folder of yours before Python starts: HF_HUB_CACHE=/a/folder."
    if any("Consistency check failed" in str(e) for e in chain):
        return truncated("A file", wanted)
    if any(isinstance(e, json.JSONDecodeError) for e in chain) or (status is None and _says_html(chain)):
        return (
            f"{endpoint} answered with a web page instead of data: a proxy or the login page of a network stands between. "
            f"Log in with a browser, set HTTPS_PROXY, or name a mirror in HF_ENDPOINT. {wanted} was not fetched. "
            f"Or: {wanted.instead}."
        )
    if status in (401, 403):
        return (
            f"{endpoint} does not accept your token ({status}), so {wanted} was not fetched. Log in anew with `hf auth login`, "
            f"or without a token: `hf auth logout`, and unset HF_TOKEN. Or: {wanted.instead}."
        )
    if status:
        return missing(wanted, cache, f"{endpoint} answers {status}")
    if any(_is_network(e) for e in chain):
        return missing(wanted, cache, f"{endpoint} could not be reached ({type(chain[-1]).__name__})")
    return missing(
        wanted, cache, f"fetching it failed ({type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''})"
    )


def no_room(wanted: Wanted, cache: Path, how: str) -> str:
    """That the disk is full."""
    return (
        f"The disk is full: {wanted} does not fit into {cache} ({how}). Free some, or name another folder before Python "
        "starts: HF_HUB_CACHE=/a/larger/disk. Nothing half-written is kept."
    )


def truncated(file: str, wanted: Wanted) -> str:
    """That a file is shorter than the hub states."""
    return f"{file} of {wanted} arrived truncated, and was not kept. Try again: what had arrived whole is not fetched twice."


def changed(file: str, wanted: Wanted) -> str:
    """That a file is not the one that the hub states."""
    return (
        f"{file} of {wanted} arrived altered: its checksum is not the one that the hub states. It was deleted. Try again; if "
        "that repeats, something between here and the hub (a proxy, a virus scanner) alters downloads."
    )


def missing(wanted: Wanted, cache: Path, why: str) -> str:
    """That something is neither cached nor to be had, why, and what to do."""
    return (
        f"{wanted} is not in {cache}, and {why}. With a network: {wanted.prefetch}; a mirror is named by HF_ENDPOINT. "
        f"Without one: {wanted.instead}."
    )


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from, outermost first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def _status(error: BaseException) -> int | None:
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) and code >= 400 else None


def _says_html(chain: list[BaseException]) -> bool:
    """Whether a file's headers were not the hub's: what a proxy's page looks like to the client."""
    from huggingface_hub.errors import FileMetadataError

    return any(isinstance(e, FileMetadataError) for e in chain)


def _is_network(error: BaseException) -> bool:
    """Whether an error is one of the connection: the client's HTTP library differs between versions, its names do not."""
    names = {"ConnectError", "TimeoutException", "NetworkError", "ProxyError", "RemoteProtocolError", "TransportError"}
    return isinstance(error, (ConnectionError, TimeoutError)) or bool(names & {c.__name__ for c in type(error).__mro__})
