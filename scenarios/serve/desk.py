"""The one thread that the world lives in, and the line of requests before it.

One request at a time reaches the world. Between them it sleeps until the next due callback of the world's
clock, so that an idle world costs no CPU. Other threads `ask` and wait for their answer.
"""

import _queue
import _thread
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from scenarios.cloud.kernel.clock import real_now, real_seconds
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.world import World
from scenarios.serve.aws import Held
from scenarios.serve.control import PREFIX, BeginAnew, Passes, changes_the_world, control
from scenarios.serve.gate import turned_away
from scenarios.serve.journal import CannotGoOn, Entry, Journal, digest_of, head_of
from scenarios.serve.messages import HttpAnswer, HttpRequest, in_json
from scenarios.serve.page import page
from scenarios.serve.refusals import refusal
from scenarios.serve.served import Plan, Served

Told = TypeVar("Told")
_NOT_SIMULATED, _BROKEN, _GONE, _CONFLICT, _NOTHING = 501, 500, 503, 409, 204
_AT_A_STRETCH = 0.1  # real seconds that time passes before the next request has its turn


def _locked() -> _thread.LockType:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Job:
    """A request in the line; `done` is released when there is an answer. `is_there`: is its client?"""

    request: HttpRequest
    is_there: Callable[[], bool] = lambda: True
    answer: HttpAnswer | None = None
    # Locks and queues of C: those of Python wait on the world's clock while there is a world.
    done: _thread.LockType = field(default_factory=_locked, repr=False)

    def end(self, answer: HttpAnswer) -> None:
        self.answer = answer
        self.done.release()


@dataclass(slots=True)
class _Poll:
    """A request that is held. `ends`: in real seconds, when its time is over."""

    job: _Job
    held: Held
    ends: float


@dataclass(frozen=True, slots=True)
class _Passage:
    """A request that time passes for; others are answered between its steps."""

    job: _Job
    passes: Passes


@dataclass(frozen=True, slots=True)
class _Next:
    """The world that comes next, and who asked for it. `kept`: it is made again from the journal."""

    plan: Plan
    begins: datetime
    asked: _Job | None = None
    kept: bool = False


class Desk:
    """Serves one world after the other until it is stopped."""

    def __init__(self, plan: Plan, say: Callable[[str], object], journal: Journal | None = None) -> None:
        self._plan = plan
        self._say = say
        self._journal = journal
        self._jobs: _queue.SimpleQueue[_Job | None] = _queue.SimpleQueue()
        self._polls: list[_Poll] = []
        self._passages: deque[_Passage] = deque()
        self._stopped = False

    # ---- for other threads ----------------------------------------------------------------------

    def ask(self, request: HttpRequest, is_there: Callable[[], bool] = lambda: True) -> HttpAnswer:
        """Wait in line, and for the answer. For every thread but the world's own.

        `is_there`: whether the client is; a message that comes later is not handed to one that is gone.
        """
        job = _Job(request, is_there)
        self._jobs.put(job)
        job.done.acquire()
        assert job.answer is not None  # it was put there before the lock was released
        return job.answer

    def stop(self) -> None:
        """Let `serve` return after the request that is answered now. A signal's handler may call it."""
        self._stopped = True
        self._jobs.put(None)

    def wake(self) -> None:
        """Have the world's own thread look up from its waiting, so that a signal's handler gets its turn."""
        self._jobs.put(None)

    # ---- the world's own thread -----------------------------------------------------------------

    def serve(self, ready: Callable[[Served], object] = lambda _: None) -> None:
        """Enter the world and answer requests until `stop`; `ready` is called once, before the first one.

        Raises InvalidTemplate where the plan's own stack can't be made, and CannotGoOn.
        """
        kept = self._journal is not None and self._journal.head() is not None
        following: _Next | None = _Next(self._plan, self._plan.begins, kept=kept)
        while following is not None:
            following, ready = self._world(following, ready), lambda _: None
        self._turn_away_who_waits()

    def _world(self, asked: _Next, ready: Callable[[Served], object]) -> _Next | None:
        """Live in one world; returns the next one, or None to stop."""
        try:
            with World(asked.plan.deployment, seed=asked.plan.seed, begins=asked.begins) as world:
                world.functions.logs.writes_platform_lines = True
                served = Served(asked.plan, world, self._say)
                self._remember(served, asked)
                self._plan = asked.plan
                ready(served)
                if asked.asked is not None:
                    asked.asked.end(in_json({"now": world.clock.now.isoformat()}))
                return self._live(served)
        except InvalidTemplate as error:
            if asked.asked is None:
                raise
            words = f"the stack can't be made: {error}; what stood before begins anew"
            asked.asked.end(in_json({"message": words}, 400))
            return self._anew(self._plan)

    def _live(self, served: Served) -> _Next | None:
        """Answer requests, and let happen what is due, until another world is asked for."""
        while not self._stopped:
            job = self._next(served)
            served.catch_up()
            if job is not None:
                following = self._answer(served, job)
                if following is not None:
                    return following
            elif self._passages:
                self._pass(served, self._passages[0])
            self._end_polls(served)
        self._note_time(served)
        return None

    def _next(self, served: Served) -> _Job | None:
        """The next request; None where something is due before one comes."""
        clock, pace = served.world.clock, served.pace
        due = [pace.seconds_to(clock.next_moment)]
        for poll in self._polls:
            due += [poll.ends - real_seconds(), pace.seconds_to(poll.held.seen_at(clock))]
        if self._passages:
            due.append(0)
        wait = min((each for each in due if each is not None), default=None)
        with suppress(_queue.Empty):
            return self._jobs.get(timeout=None if wait is None else max(0.0, wait))
        return None

    def _anew(self, plan: Plan, asked: _Job | None = None) -> _Next:
        begins = real_now().replace(microsecond=0) if plan.follows_real_time else plan.begins
        return _Next(replace(plan, begins=begins), begins, asked)

    # ---- one request ----------------------------------------------------------------------------

    def _answer(self, served: Served, job: _Job) -> _Next | None:
        """Answer a request, or hold it; returns the world that it asks for, if it does."""
        request = job.request
        served.requests += 1
        if (away := turned_away(request)) is not None:
            job.end(away)
        elif request.parts[0] == PREFIX:
            return self._control(served, job)
        elif (shown := _for_a_browser(request)) is not None:
            job.end(shown)
        elif served.plan.verify and (wrong := served.aws.unverified(request)) is not None:
            job.end(wrong)
        else:
            self._aws(served, job)
        return None

    def _control(self, served: Served, job: _Job) -> _Next | None:
        told = _whatever_happens(served, job.request, lambda: control(served, job.request))
        if isinstance(told, BeginAnew):
            self._end_polls(served, now=True)
            self._end_passages("the world began anew meanwhile", _CONFLICT)
            return self._anew(told.plan, job)
        if isinstance(told, Passes):
            self._passages.append(_Passage(job, told))
            return None
        if changes_the_world(job.request):
            self._note(served, job.request, told)
        served.timeline.take()
        job.end(told)
        return None

    def _pass(self, served: Served, passage: _Passage) -> None:
        """Let time pass for a moment, or until it has passed; not for a client that is gone."""
        until = real_seconds() + _AT_A_STRETCH
        if passage.job.is_there():
            for _ in passage.passes.steps:
                if real_seconds() >= until:
                    served.pace.go_on_from_here()
                    return
        served.pace.go_on_from_here()
        self._passages.popleft()
        passage.job.end(passage.passes.told())

    def _end_passages(self, why: str, status: int) -> None:
        for each in self._passages:
            each.job.end(in_json({"message": why}, status))
        self._passages.clear()

    def _aws(self, served: Served, job: _Job) -> None:
        at, told = served.world.clock.now, asked_of_aws(served, job.request)
        if isinstance(told, Held):
            ends = real_seconds() + (told.until - served.world.clock.now).total_seconds() / (
                served.plan.speed or 1
            )
            self._polls.append(_Poll(job, told, ends))
            told = told.empty
        else:
            job.end(told)
        self._note(served, job.request, told, at=at)

    def _end_polls(self, served: Served, *, now: bool = False) -> None:
        """Answer the held requests for which a message came, or whose time is over. `now`: all of them."""
        for poll in list(self._polls):
            clock = served.world.clock
            over = now or poll.ends <= real_seconds() or poll.held.until <= clock.now
            if not over and poll.held.seen_at(clock) > clock.now:
                continue
            self._polls.remove(poll)
            ended = now or not poll.job.is_there()
            told = poll.held.empty if ended else self._asked_again(served, poll.held)
            poll.job.end(told)

    def _asked_again(self, served: Served, held: Held) -> HttpAnswer:
        at, told = served.world.clock.now, asked_of_aws(served, held.request, waits=False)
        answer = told.empty if isinstance(told, Held) else told
        self._note(served, held.request, answer, at=at, waits=False)
        return answer

    def _turn_away_who_waits(self) -> None:
        gone = in_json({"message": "the simulated AWS was stopped"}, _GONE)
        for poll in self._polls:
            poll.job.end(gone)
        self._end_passages("the simulated AWS was stopped", _GONE)
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None:
                job.end(gone)

    # ---- what is kept ---------------------------------------------------------------------------

    def _remember(self, served: Served, asked: _Next) -> None:
        """Make the world again that the journal tells of, or begin a new journal."""
        journal = self._journal
        if journal is None:
            return
        if not asked.kept:
            journal.begin(head_of(asked.plan))
            return
        for number, entry in enumerate(journal.entries(), 1):
            served.run(entry.at)
            if entry.request is not None and _again(served, entry) != entry.digest:
                what = f"{entry.request.method} {entry.request.path}"
                raise CannotGoOn(
                    f"the world of {journal.path} can't be made again: its request {number} ({what}) is "
                    "answered otherwise now; code, template or versions have changed"
                )
        served.pace.go_on_from_here()
        journal.go_on()

    def _note(
        self,
        served: Served,
        request: HttpRequest,
        told: HttpAnswer,
        *,
        at: datetime | None = None,
        waits: bool = True,
    ) -> None:
        if self._journal is None:
            return
        kept = served.callers.without_secrets(request)
        moment = at or served.world.clock.now
        self._journal.note(Entry(at=moment, request=kept, waits=waits, digest=digest_of(told)))

    def _note_time(self, served: Served) -> None:
        if self._journal is not None:
            self._journal.note(Entry(at=served.world.clock.now))
            self._journal.close()


def _for_a_browser(request: HttpRequest) -> HttpAnswer | None:
    """The page, and no icon for it; None for what nobody's browser asks by itself."""
    if request.method not in {"GET", "HEAD"} or "authorization" in request.headers:
        return None
    if request.target == "/favicon.ico":
        return HttpAnswer(status=_NOTHING)
    return page() if request.target == "/" else None


def asked_of_aws(served: Served, request: HttpRequest, *, waits: bool = True) -> HttpAnswer | Held:
    """AWS's answer; what isn't simulated is 501, and what is broken here 500."""
    told = _whatever_happens(served, request, lambda: served.aws.answer(request, waits=waits))
    served.timeline.take()
    return told


def _again(served: Served, entry: Entry) -> str:
    """Ask once more what was asked before; a poll that was held is ended by an entry of its own."""
    request = entry.request
    assert request is not None  # the caller looked
    served.requests += 1
    told: HttpAnswer | Held | BeginAnew | Passes
    if request.parts[0] == PREFIX:
        told = _whatever_happens(served, request, lambda: control(served, request))
    else:
        told = asked_of_aws(served, request, waits=entry.waits)
    if isinstance(told, BeginAnew | Passes):
        return ""
    return digest_of(told.empty if isinstance(told, Held) else told)


def _whatever_happens(served: Served, request: HttpRequest, do: Callable[[], Told]) -> Told | HttpAnswer:
    try:
        return do()
    except NotSimulated as hole:
        served.hole(hole)
        return refusal(request, "NotSimulated", str(hole), _NOT_SIMULATED)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        served.broke(f"at {request.method} {request.path}", error)
        words = f"the simulated AWS failed at this request: {type(error).__name__}; its console has more"
        return refusal(request, "InternalFailure", words, _BROKEN)
