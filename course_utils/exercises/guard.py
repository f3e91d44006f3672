"""Running a learner's code so that nothing it does gets out: exceptions, endless loops, floods of output.

What can be stopped: on Linux and macOS, in a notebook cell, everything that returns to Python now and then, sleeping and
waiting included (an alarm signal). On Windows, or outside the main thread, pure-Python code only: an exception is put
into the thread, and it is seen when the next bytecode runs; code that catches every exception may go on for longer.
Where the alarm is used and the system tells it (Linux), the time in which the code waits for a busy processor does not count:
a class on one machine, or a training in another notebook, must not make a right answer late.
What cannot be stopped anywhere is one long call inside a compiled library (``10 ** 10 ** 9``, one huge matrix product):
interrupt the kernel then.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.exercises.results import clean

SECONDS, AGAIN, MOST_OUTPUT = 8.0, 0.03, 2000


class TimeLimitReached(BaseException):
    """Raised inside a learner's code when its time is up; not an ``Exception``, so that ``except Exception`` lets it pass."""


@dataclass(frozen=True)
class Run:
    """What came of a guarded call: a value, or what went wrong.

    Attributes:
        error: the name of the exception that ended it, or ``None``.
        said: its message, cleaned.
        timed_out: it was stopped at its time limit.
        printed: the beginning of what it printed.
    """

    value: Any = None
    error: str | None = None
    said: str = ""
    timed_out: bool = False
    printed: str = ""


class _Bounded(io.TextIOBase):
    """Keeps the first characters that are written to it."""

    def __init__(self):
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text) -> int:
        text = str(text)
        self.text += text[: max(0, MOST_OUTPUT - len(self.text))]
        return len(text)


def guarded(function: Callable[[], Any], seconds: float = SECONDS) -> Run:
    """Call ``function()`` within ``seconds``; it never raises. See the module's text for what can be stopped."""
    output = _Bounded()
    limited = _with_alarm if _has_alarm() else _with_watchdog
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            warnings.simplefilter("ignore")
            value = limited(function, seconds)
    except TimeLimitReached:
        return Run(error="TimeLimitReached", timed_out=True, printed=output.text)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: a check must not end the kernel or the run
        return Run(error=clean(type(error).__name__, 60), said=message_of(error), printed=output.text)
    return Run(value=value, printed=output.text)


def message_of(error: BaseException) -> str:
    """The message of an exception, cleaned; empty if it cannot be had."""
    try:
        return clean(str(error))
    except BaseException:
        return ""


def _waited() -> float:
    """Seconds that this thread was ready to run and had no processor, since it began; 0.0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _with_alarm(function: Callable[[], Any], seconds: float) -> Any:
    """Stop by SIGALRM, again and again until the code gives in: it may catch what is raised in it.

    A loop around ``try: ... except: pass`` would catch it each time, so the line that catches is made to raise as well.
    """
    active = True
    traced = sys.gettrace()
    until = time.perf_counter() + seconds - _waited()

    def raise_once_more(frame, event, argument):
        if active and event == "line":
            raise TimeLimitReached  # Python ends all tracing when a trace function raises
        return raise_once_more

    def stop(signum, frame):
        if not active or time.perf_counter() - _waited() < until:
            return
        while frame is not None and frame.f_code.co_filename != __file__:
            frame.f_trace = raise_once_more
            frame = frame.f_back
        sys.settrace(lambda *_: None)  # frames to come are left alone, those above have their own
        raise TimeLimitReached

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return function()
    finally:
        while active:
            try:  # one may still be on its way
                active = False
            except TimeLimitReached:
                continue
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
        sys.settrace(traced)


def _with_watchdog(function: Callable[[], Any], seconds: float) -> Any:
    """Stop by an exception that a second thread puts into this one, again and again until the code gives in."""
    here, done = threading.get_ident(), threading.Event()

    def watch():  # counts the time of the wall: the waiting of another thread cannot be read
        wait = seconds
        while not done.wait(wait) and here in sys._current_frames():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(here), ctypes.py_object(TimeLimitReached))
            wait = AGAIN

    watchdog = threading.Thread(target=watch, daemon=True)
    watchdog.start()
    try:
        return function()
    finally:
        while not done.is_set():
            try:  # one may still be on its way
                done.set()
            except TimeLimitReached:
                continue
        with contextlib.suppress(TimeLimitReached):
            watchdog.join()
            for _ in range(100):  # one not yet delivered arrives here
                pass
