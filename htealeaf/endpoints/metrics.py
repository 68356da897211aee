"""Metrics: `GET /_htealeaf/metrics`, the numbers of one worker in the format that is asked for.

What is counted is counted anyway, for `app.stats()`; here it gets names, and only when somebody
asks. So a click pays nothing for it.

Where several workers listen at one port, a scrape meets any of them. Then each writes its numbers
into a folder every `EVERY` seconds, and whoever is asked tells those of all, by `worker`.

Rule 1: nobody is recognized, as for the health URL; and there is no label whose values a browser
could make up.

Rule 2: what a worker has left that is gone, or has not written for `OLD` seconds, is not told.

Source: OpenMetrics 1.0; Prometheus, "Metric and label naming".
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from weakref import ref

from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.endpoints.stats import CLICKS, Stats, stats
from htealeaf.errors import HtealeafError
from htealeaf.state.histogram import Counted
from htealeaf.web.answer import Answer
from htealeaf.web.headers import NO_STORE
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor

try:
    from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
        Metric,
    )
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.registry import Collector
except ImportError as error:
    raise HtealeafError(
        "metrics need prometheus-client, which writes them: pip install htealeaf[metrics]"
    ) from error

EVERY: Final = 5.0  #: seconds after which a worker writes its numbers
OLD: Final = 30.0  #: seconds for which they count

log = logging.getLogger("htealeaf")

#: Numbers that go up and down: the key of `Stats`, and what it is.
_GAUGES = {
    "live": ("live_pages", "Pages that follow what others do"),
    "max_live": ("live_pages_max", "Pages that may follow at once"),
    "pages": ("pages", "Open pages that are remembered"),
    "page_bytes": ("page_bytes", "About how many bytes these take"),
    "sessions": ("sessions", "Sessions that are known here"),
    "session_bytes": ("session_bytes", "About how many bytes these take"),
    "documents": ("replica_documents", "Documents held in memory"),
    "document_bytes": ("replica_bytes", "About how many bytes these take"),
    "entries": ("history_entries", "Changes that are remembered"),
    "entry_bytes": ("history_bytes", "About how many bytes these take"),
    "streams": ("journal_streams", "Documents in the journal"),
    "reached": ("journal_reached", "1 while the journal answers"),
    "newest": ("journal_number", "Number of the newest entry of the journal"),
    "number": ("replica_number", "Number of the last entry that is folded here"),
    "lag": ("journal_lag", "Numbers of the journal that are not folded here yet"),
    "behind": ("journal_lag_seconds", "Seconds since when"),
    "jobs": ("background_jobs", "Functions in the background that wait or run"),
}
#: Numbers that only go up.
_COUNTERS = {
    "live_begun": ("live_pages_begun", "Pages that began to follow"),
    "live_refused": ("live_pages_refused", "Pages that found no room, and ask now and then"),
    "errors": ("errors", "Lines at level ERROR or above in the log"),
    "commits": ("commits", "Commits to the journal"),
    "appends": ("appends", "Steps in which these were written"),
    "reruns": ("reruns", "Steps that others were faster than"),
    "conflicts": ("conflicts", "Commits that others had made impossible"),
}


class _OfSite(Collector):
    # Gives the numbers of a site their names, when it is asked.

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterable[Metric]:
        site = self._site
        found = stats(site)
        yield InfoMetricFamily(
            "htealeaf",
            "What is running",
            {"version": site.version, "build": site.build(), "journal": found["journal"]},
        )
        yield from _plain(found)
        yield from _requests(site)
        appends = HistogramMetricFamily("htealeaf_append_seconds", "Time that an append takes")
        _add(appends, [], site.registry.journal.committer.tally.seconds.counted())
        yield appends


def _plain(found: Stats) -> Iterator[Metric]:
    values: dict[str, float] = {key: found[key] for key in (*_GAUGES, *_COUNTERS)}  # type: ignore[literal-required]
    for key, (name, about) in _GAUGES.items():
        yield GaugeMetricFamily(f"htealeaf_{name}", about, values[key])
    for key, (name, about) in _COUNTERS.items():
        yield CounterMetricFamily(f"htealeaf_{name}", about, values[key])


def _requests(site: Site) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "htealeaf_requests", "Requests answered", labels=["endpoint", "status"]
    )
    clicks = CounterMetricFamily(
        "htealeaf_clicks", "What people did: requests that write", labels=["status"]
    )
    by_status: dict[int, int] = {}
    for (endpoint, status), count in sorted(site.traffic.requests().items()):
        requests.add_metric([endpoint, str(status)], count)
        if endpoint in CLICKS:
            by_status[status] = by_status.get(status, 0) + count
    for status, count in by_status.items():
        clicks.add_metric([str(status)], count)
    seconds = HistogramMetricFamily(
        "htealeaf_request_seconds", "Time until an answer, or its beginning", labels=["endpoint"]
    )
    for endpoint, counted in sorted(site.traffic.seconds().items()):
        _add(seconds, [endpoint], counted)
    yield from (requests, clicks, seconds)


def _add(family: HistogramMetricFamily, labels: list[str], counted: Counted) -> None:
    buckets = [(str(bound), count) for bound, count in counted.buckets]
    family.add_metric(labels, [*buckets, ("+Inf", counted.number)], counted.sum)


def registry_of(site: Site) -> CollectorRegistry:
    """Return the metrics of *site*, and those of its process."""
    registry = CollectorRegistry()
    registry.register(_OfSite(site))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class Metrics:
    """The endpoint.

    Args:
        folder: Where the workers of one machine write their numbers; None where there is one.
    """

    __name__ = "metrics"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._process = 0  # that writes
        self._failed = False

    def __call__(self, request: Request, visitor: Visitor, site: Site) -> Answer:
        """Return the numbers of this worker, and those that others have written.

        Raises:
            WrongMethod: It is neither GET nor HEAD.
            HtealeafError: The journal does not answer, and never has.
        """
        if request.method not in ("GET", "HEAD"):
            raise WrongMethod(request.method, "GET", "HEAD")
        write, kind = choose_encoder(request.headers.get("Accept"))
        registry: Any = registry_of(site)
        if self._folder is not None:
            registry = _Together([_written(registry), *self._others(self._folder)])
        return Answer(200, [("Content-Type", kind), NO_STORE], write(registry))

    def begin(self, site: Site) -> None:
        """Write the numbers of this process from now on, if that is wanted."""
        if self._folder is not None and self._process != os.getpid():
            self._process = os.getpid()
            args, name = (ref(self), ref(site)), "htealeaf-metrics"
            threading.Thread(target=_keep_writing, args=args, name=name, daemon=True).start()

    def _write(self, site: Site) -> None:
        assert self._folder is not None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            half = self._folder / f"{os.getpid()}.half"
            half.write_text(json.dumps(_written(registry_of(site))))
            half.replace(half.with_suffix(".json"))
        except (OSError, HtealeafError) as error:
            if not self._failed:
                log.error("metrics can't be written to %s: %s", self._folder, error)
            self._failed = True
        else:
            self._failed = False

    def _others(self, folder: Path) -> Iterator[Any]:
        for file in sorted(folder.glob("*.json")):
            if file.stem == str(os.getpid()):
                continue
            try:
                if time.time() - file.stat().st_mtime > OLD or not _is_there(int(file.stem)):
                    file.unlink()
                    continue
                yield json.loads(file.read_bytes())
            except (OSError, ValueError):
                continue  # it went meanwhile, or is none of ours


def _keep_writing(metrics: ref[Metrics], of: ref[Site]) -> None:
    # As long as both are there.
    while True:
        found, site = metrics(), of()
        if found is None or site is None or site.pages.live.stopped:
            return
        found._write(site)
        del found, site
        time.sleep(EVERY)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _written(registry: Any) -> list[Any]:
    # Each family: its name, what it is, its type; its samples.
    worker = {"worker": str(os.getpid())}
    return [
        [
            *(family.name, family.documentation, family.type),
            [[sample.name, {**sample.labels, **worker}, sample.value] for sample in family.samples],
        ]
        for family in registry.collect()
    ]


class _Together:
    # What several workers have written, as if one registry had it.

    def __init__(self, workers: list[Any]) -> None:
        self._families: dict[str, Metric] = {}
        for name, about, kind, samples in (family for worker in workers for family in worker):
            family = self._families.setdefault(name, Metric(name, about, kind))
            for sample, labels, value in samples:
                family.add_sample(sample, labels, value)

    def collect(self) -> Iterable[Metric]:
        return self._families.values()
