"""Stats: what an operator asks of one worker, as numbers.

Rule: nothing that is stored is in them, and no secret.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final, TypedDict

from htealeaf.endpoints.site import Site
from htealeaf.wire.names import ASSETS_URL

METRICS_URL: Final = f"{ASSETS_URL}/metrics"  #: where they are told, if that is asked for

#: Endpoints whose requests are clicks: what a person did.
CLICKS = frozenset({"store", "action"})


class Stats(TypedDict):
    """How a worker is doing, how much it remembers, and how much at most.

    Attributes:
        journal: Its kind: `memory`, `sqlite`, `postgresql`, `redis`.
        reached: The journal answers.
        number: That of the last entry that this worker has folded.
        newest: That of the journal.
        lag: How many numbers lie between them.
        behind: Seconds since when.
        streams: Documents in the journal.
        documents: Those that this worker holds in memory.
        entries: Of the histories that it remembers.
        once: Ids of clicks that were done.
        pages: Open pages that it remembers.
        live: Pages that follow; `live_begun` counts them, and `live_refused` those without room.
        jobs: Functions in the background, which wait or run.
        requests: Answered, since the worker began.
        clicks: Of these, what people did and was done.
        refused: Requests that were answered 4xx.
        failed: Requests that were answered 5xx.
        errors: Lines at level ERROR or above in the log `htealeaf`, of this process.
        commits: What was written; `appends` are the steps in which it was, `reruns` those that
            others were faster than, `conflicts` what was refused since others had changed it.
    """

    journal: str
    reached: bool
    number: int
    newest: int
    lag: int
    behind: float
    streams: int
    documents: int
    max_documents: int
    document_bytes: int
    max_document_bytes: int
    entries: int
    max_entries_of_a_stream: int
    entry_bytes: int
    max_entry_bytes: int
    once: int
    max_once: int
    pages: int
    max_pages: int
    page_bytes: int
    max_page_bytes: int
    sessions: int
    max_sessions: int
    session_bytes: int
    max_session_bytes: int
    live: int
    max_live: int
    live_begun: int
    live_refused: int
    jobs: int
    max_jobs: int
    requests: int
    clicks: int
    refused: int
    failed: int
    errors: int
    commits: int
    appends: int
    reruns: int
    conflicts: int
    uptime: float


def stats(site: Site) -> Stats:
    """Return how the worker is doing that serves *site*; the journal is asked.

    Raises:
        HtealeafError: The journal does not answer, and never has.
    """
    replica, live = site.registry.journal, site.pages.live
    look, done = site.lag.look(fresh=True), replica.committer.tally
    requests = site.traffic.requests()
    jobs, max_jobs = site.jobs()
    found = {
        "journal": look.told.kind,
        "reached": look.reached,
        "number": look.number,
        "newest": look.told.n,
        "lag": look.entries,
        "behind": look.seconds,
        "live": len(live),
        "max_live": live.limit if site.max_live is None else min(site.max_live, live.limit),
        "live_begun": live.begun,
        "live_refused": live.refused,
        "jobs": jobs,
        "max_jobs": max_jobs,
        "requests": sum(requests.values()),
        "clicks": sum(n for (name, status), n in requests.items() if is_click(name, status)),
        "refused": sum(n for (_, status), n in requests.items() if 400 <= status < 500),
        "failed": sum(n for (_, status), n in requests.items() if status >= 500),
        "errors": told.count,
        "commits": done.commits,
        "appends": done.appends,
        "reruns": done.reruns,
        "conflicts": done.conflicts,
        "uptime": time.monotonic() - site.began,
    }
    return {**replica.stats(look.told), **site.pages.stats(), **site.sessions.stats(), **found}  # type: ignore[typeddict-item]


def is_click(endpoint: str, status: int) -> bool:
    """Tell whether a request was what a person did, and was done."""
    return endpoint in CLICKS and status < 400


class _Told(logging.Filter):
    # Counts errors on their way into the log: each is told there, wherever it was.

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            with self._lock:
                self.count += 1
        return True


told = _Told()
logging.getLogger("htealeaf").addFilter(told)
