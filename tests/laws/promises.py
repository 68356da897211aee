"""Promises of lasting journals and live pages, each with the tests that would notice its loss.

`PROMISES` has a row for each sentence: what is promised, and tests, or planted faults that the laws
notice (a name of `journal_faults`). `BROKEN` has faults for what the laws do not search: each
breaks one promise, and the test beside it fails then.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

from htealeaf.app.lanes import Lanes
from htealeaf.data.cursor import Cursor
from htealeaf.endpoints.live_page import Following
from htealeaf.pages.draw import Drawer
from htealeaf.pages.live import Live
from htealeaf.pages.online import Online
from htealeaf.pages.update import Followed, Pages, Patch
from htealeaf.state.backends import memory
from htealeaf.state.committer import Committer
from htealeaf.state.replica import Replica
from htealeaf.state.timekeeper import clock
from htealeaf.state.timeline import Timeline
from htealeaf.state.unit import Unit
from htealeaf.state.versions import Versions
from htealeaf.web import rotation, sessions
from htealeaf.web.limits import Rate
from htealeaf.web.ranks import KNOWN, STRANGER, Ranks
from htealeaf.web.rotation import Led
from htealeaf.web.sessions import Sessions
from tests.laws.faults import Fault
from tests.laws.faults import planted as planted_in


class Promise(NamedTuple):
    """One sentence of what a journal, or a live page, promises.

    Attributes:
        says: It.
        tests: Who would notice: `file::test` below `tests/`, the start of a test's name is enough.
        faults: Names of planted faults that the laws of journals notice.
    """

    says: str
    tests: tuple[str, ...]
    faults: tuple[str, ...] = ()


CONTRACT, SERVERS = "state/journal_contract.py::", "state/server_contract.py::"
REDIS, SQLITE = "state/test_redis.py::", "state/test_sqlite.py::"
POSTGRESQL = "state/test_postgresql.py::"
TIMELINE = "state/test_timeline.py::"
COMMITTER, REPLICA = "state/test_committer.py::", "state/test_replica.py::"
VERSIONS, ROTATION = "state/test_versions.py::", "web/test_rotation.py::"
LASTING, LIVE = "app/test_lasting.py::", "endpoints/test_live_pages.py::"

PROMISES: dict[str, tuple[Promise, ...]] = {
    "epochs": (
        Promise(
            "A clean restart keeps the epoch.",
            (CONTRACT + "test_a_journal_that_is_opened_again_is_the_same",),
        ),
        Promise(
            "It changes whenever the number line may have been cut.",
            (
                SERVERS + "test_a_journal_that_was_emptied_is_another_epoch",
                SERVERS + "test_an_older_copy_is_another_epoch",
                REDIS + "test_every_restart_is_another_epoch",
                REDIS + "test_what_was_acknowledged_survives_the_primary",
                "state/test_memory.py::test_a_fork_is_another_epoch",
            ),
            ("the_epoch_stays_when_the_line_is_cut", "numbers_of_another_epoch_are_taken"),
        ),
        Promise(
            "Never on a browser's word: a cursor above the newest number waits for nothing.",
            (LASTING + "test_a_cursor_that_has_not_happened_is_not_waited_for",),
        ),
    ),
    "numbers": (
        Promise(
            "Entries are folded with the number that the journal gave only.",
            (CONTRACT + "test_shape_versions_are_numbers_of_the_journal_and_last",),
            ("entries_are_folded_with_a_guessed_number",),
        ),
        Promise(
            "Entries hold resolved effects; folding them knows no default.",
            (
                CONTRACT + "test_folding_the_entries_gives_the_document",
                CONTRACT + "test_a_stream_begins_with_its_whole_document",
                VERSIONS + "test_an_offer_under_another_default_is_refused",
            ),
            ("a_stream_begins_empty",),
        ),
        Promise(
            "There are no gaps for a reader, and no number is split.",
            (
                CONTRACT + "test_a_reader_sees_no_gap_and_no_half",
                CONTRACT + "test_the_entries_of_a_number_are_not_told_apart",
                COMMITTER + "test_a_gap_or_another_epoch_is_begun_anew",
            ),
            (
                "a_gap_is_folded_over",
                "an_entry_is_folded_twice",
                "the_entries_of_a_number_are_split",
            ),
        ),
        Promise(
            "Waiting is bounded, and a GET never goes back behind the browser's own write.",
            (
                LASTING + "test_a_write_leaves_its_cursor_in_a_cookie_for_a_minute",
                LASTING + "test_a_worker_sees_at_once_what_another_has_written",
                "state/test_remote.py::",
            ),
            ("readers_are_never_told",),
        ),
    ),
    "reading": (
        Promise(
            "A document is loaded as it was at a number; what is not kept is not guessed.",
            (
                CONTRACT + "test_a_document_is_loaded_as_it_was",
                CONTRACT + "test_what_happened_too_long_ago_is_not_guessed",
                CONTRACT + "test_what_somebody_may_still_read_is_kept",
                COMMITTER + "test_a_moment_that_is_kept_nowhere_is_over",
            ),
            ("a_snapshot_is_of_another_number", "a_moment_shows_what_is_newest"),
        ),
        Promise(
            "No read depends on history.",
            (COMMITTER + "test_a_place_that_was_there_is_known_without_history",),
            ("that_a_place_was_there_is_forgotten", "remembered_entries_are_skipped"),
        ),
    ),
    "writing": (
        Promise(
            "An append expects all that was read for it: a sign-out beats a click elsewhere.",
            (
                CONTRACT + "test_streams_that_were_only_read_count",
                ROTATION + "test_a_click_under_way_at_another_worker_is_refused_in_words",
                ROTATION + "test_two_tabs_sign_in_at_once",
            ),
            (
                "what_was_expected_is_not_asked",
                "what_was_read_is_not_expected",
                "values_that_were_read_are_not_compared",
            ),
        ),
        Promise(
            "One committer a worker; a conflict of numbers alone is solved by applying again.",
            (
                COMMITTER + "test_commits_that_wait_go_together_each_with_its_own_fate",
                COMMITTER + "test_a_value_that_was_read_and_changed_is_a_conflict_and_a_number",
                "state/test_server_processes.py::test_processes_count_exactly",
                "state/test_sqlite_processes.py::",
            ),
            ("who_was_overtaken_gives_up", "half_of_a_step_is_stored"),
        ),
        Promise(
            "A one-time id counts once, for an hour, by the journal's clock, and bounded.",
            (
                CONTRACT + "test_a_one_time_id_counts_once",
                CONTRACT + "test_one_time_ids_are_forgotten_after_an_hour",
                CONTRACT + "test_an_answer_that_was_lost_is_asked_for_again",
                "state/test_memory.py::test_one_time_ids_are_bounded_in_number",
            ),
            ("one_time_ids_are_not_remembered", "an_append_is_sent_again_without_its_ids"),
        ),
        Promise(
            "A claim is pending, then done with its outcome; a dead holder's is told.",
            (
                CONTRACT + "test_a_claim_is_pending_until_its_holder_is_done",
                CONTRACT + "test_a_claim_whose_holder_died_is_told_and_not_given_away",
                "endpoints/test_action.py::test_what_was_lost_before_it_was_stored_is_no_outcome",
            ),
            (
                "outcomes_are_not_remembered",
                "a_claim_is_given_to_everybody",
                "a_late_holder_is_forgotten",
                "a_lease_is_never_taken_over",
            ),
        ),
        Promise(
            "What is refused asks for its id first: it may be done already.",
            (
                COMMITTER + "test_a_retry_of_what_is_done_is_not_refused",
                ROTATION + "test_who_lost_the_answer_gets_the_same_key_again",
            ),
            ("what_can_not_be_done_is_not_asked_for",),
        ),
        Promise(
            "Rotation is one append, nothing is copied, and nothing that is written is lost.",
            (
                ROTATION + "test_signing_in_and_the_new_key_are_one_append",
                ROTATION + "test_nothing_is_copied",
                ROTATION + "test_a_worker_that_dies_leaves_all_of_it_or_nothing",
                "web/test_sessions.py::test_what_another_worker_begins_meanwhile_goes_along",
            ),
        ),
        Promise(
            "The old key with the same one-time id gets the same new key, for a minute.",
            (
                ROTATION + "test_the_commit_s_answer_is_lost_as_well",
                ROTATION + "test_it_is_given_for_a_minute",
                ROTATION + "test_it_is_given_to_that_very_request_only",
            ),
        ),
        Promise(
            "Topics: after the database's commit; with an outbox row, exactly once.",
            (
                "state/test_watch.py::test_what_is_rolled_back_is_not_touched",
                "state/test_watch.py::test_what_is_committed_is_touched",
                "endpoints/test_exactly_once.py::",
            ),
        ),
    ),
    "life": (
        Promise(
            "Expiry is beside the number line, swept by one, and drops conditionally.",
            (
                "state/test_upkeep.py::test_one_that_is_written_meanwhile_stays",
                "state/test_upkeep.py::test_the_process_with_the_lease_does_it",
                CONTRACT + "test_streams_that_nobody_uses_are_found",
                CONTRACT + "test_a_drop_is_refused_where_somebody_wrote_since",
                ROTATION + "test_the_key_of_a_session_is_kept_longer_than_the_session",
            ),
            ("what_is_written_meanwhile_is_swept", "documents_that_are_used_are_swept"),
        ),
        Promise(
            "A page of another build gets the whole page.",
            ("app/test_build.py::test_a_page_of_another_release_is_sent_whole",),
        ),
        Promise(
            "A migration is an entry with the first write; what was deleted stays deleted.",
            (
                VERSIONS + "test_a_migration_is_stored_with_the_first_write",
                VERSIONS + "test_what_was_deleted_stays_deleted",
                VERSIONS + "test_two_workers_that_migrate_at_once_store_it_once",
            ),
        ),
        Promise(
            "Rates are a bucket for each worker, of its part where it is known.",
            (
                "web/test_limits.py::test_workers_together_let_through_what_was_said",
                "app/test_workers.py::test_a_worker_lets_its_part_of_the_rate_through",
            ),
        ),
    ),
    "backends": (
        Promise(
            "SQLite: writers wait their turn and apply in it, forks have own connections.",
            (
                SQLITE,
                SQLITE + "test_who_was_overtaken_applies_again_in_the_same_turn",
                SQLITE + "test_no_code_of_an_author_runs_while_others_wait",
                "state/test_sqlite_processes.py::test_a_full_disk",
            ),
        ),
        Promise(
            "PostgreSQL: numbers are seen in order; a notification is a hint.",
            (POSTGRESQL, SERVERS + "test_a_worker_hears_by_itself"),
        ),
        Promise(
            "Redis: forgets nothing, a script checks all before it writes, one hash tag.",
            (
                REDIS + "test_a_server_that_forgets_keys_is_refused",
                REDIS + "test_nothing_is_forgotten_by_itself",
                REDIS + "test_a_script_that_fails_has_written_nothing",
                SERVERS + "test_a_head_without_its_document_is_no_default",
                REDIS + "test_a_replica_that_does_not_answer_makes_it_unsure",
            ),
        ),
        Promise(
            "Streams are listed, ids are asked for.",
            (CONTRACT + "test_the_streams_of_a_store_are_listed",),
        ),
    ),
    "live": (
        Promise(
            "A live page is a fresh page, and nothing is lost over a broken line.",
            (
                "laws/test_live.py::test_a_live_page_is_a_fresh_page",
                LIVE + "test_a_broken_line_loses_nothing",
                LIVE + "test_the_last_event_is_where_an_event_source_goes_on",
            ),
        ),
        Promise(
            "It is over when the key changes or the session ends, at any worker.",
            (
                LIVE + "test_it_is_over_when_the_key_changes",
                LIVE + "test_another_worker_ends_it_too",
            ),
        ),
        Promise(
            "Who takes long keeps nobody waiting; who is gone makes room.",
            (
                LIVE + "test_a_page_that_takes_long_keeps_nobody_waiting",
                "app/test_live_servers.py::test_browsers_that_have_gone_make_room",
            ),
        ),
        Promise(
            "Who is online is counted over workers.",
            (LIVE + "test_who_is_online_is_counted_over_workers", "pages/test_online.py::"),
        ),
    ),
}

BROKEN: dict[str, Fault] = {}
#: Which test notices each.
NOTICED: dict[str, str] = {}


def planted(owner: Any, name: str, test: str) -> Any:
    """Make a fault as `faults.planted` does; *test* is who notices it."""

    def decorate(wrong: Any) -> Fault:
        NOTICED[wrong.__name__] = test
        fault: Fault = partial(planted_in, into=BROKEN)(owner, name)(wrong)
        return fault

    return decorate


# -- keys and sessions ---------------------------------------------------------------------


@planted(Sessions, "_turn", ROTATION + "test_signing_in_and_the_new_key_are_one_append")
def the_key_changes_in_an_append_of_its_own(right: Any, self: Any, visitor: Any) -> Any:
    """A worker that dies in between leaves somebody signed in under a key that others know."""
    write, kept = Unit.write, []

    def held(unit: Any, one: Any) -> None:
        if one.stream.startswith("~key@"):
            kept.append(one)
        else:
            write(unit, one)

    with mock.patch.object(Unit, "write", held):
        right(self, visitor)
    if kept:
        visitor.rotating.later(lambda: self.journal.commit(kept))


@planted(sessions, "leads", ROTATION + "test_a_click_under_way_at_another_worker")
def an_ended_key_is_good_for_clicks_under_way(right: Any, root: Any, key_id: str) -> Any:
    """A sign-out at one worker does not beat a click at another."""
    return True


@planted(Sessions, "is_led", ROTATION + "test_what_is_shown_of_a_session_is_shown_under_its_key")
def what_was_drawn_under_an_ended_key_is_sent(right: Any, self: Any, visitor: Any) -> Any:
    """A planted key sees the page of who has just signed in."""
    return True


@planted(Unit, "keep_once", ROTATION + "test_it_is_given_for_a_minute")
def a_new_key_is_told_for_ever(right: Any, unit: Any, seconds: float) -> Any:
    """Whoever finds an old request gets the session."""
    right(unit, 1e6)


@planted(rotation, "_by", ROTATION + "test_it_is_given_to_that_very_request_only")
def a_new_key_is_told_to_whoever_asks(right: Any, id: str, given: str) -> Any:
    """With any one-time id."""
    return right(id, "any")


@planted(sessions, "led", ROTATION + "test_it_is_given_for_a_minute")
def what_an_ended_key_was_offered_is_good(right: Any, *arguments: Any) -> Any:
    """And counts again, since its one-time id is another session's now."""
    found = right(*arguments)
    return Led(found.key, found.id)


@planted(sessions, "swept", ROTATION + "test_the_key_of_a_session_is_kept_longer")
def the_key_of_a_session_goes_with_it(
    right: Any, journal: Any, store: str, unseen: float, *more: Any, **options: Any
) -> Any:
    """And the first key leads to what is left."""
    return right(journal, store, unseen / 2 if store == "~key" else unseen, *more, **options)


# -- deploys, rates, cursors ---------------------------------------------------------------


AGE = "web/test_sessions.py::test_who_comes_every_day_has_to_sign_in_again_at_last"


@planted(Sessions, "_is_of_age", AGE)
def a_stolen_cookie_is_good_for_ever(right: Any, self: Any, id: str) -> Any:
    """As long as it is used: nobody looks at when its owner has signed in."""
    return False


@planted(Sessions, "_since_of", AGE)
def whoever_comes_has_just_signed_in(right: Any, self: Any, id: str) -> Any:
    """Each visit prolongs the log-in."""
    return right(self, id) and clock.time()


@planted(memory, "owner_of", "state/test_memory.py::test_one_browser_s_clicks_push_out_nobody")
def one_time_ids_are_nobodys(right: Any, id: str) -> Any:
    """Whoever clicks a lot has others forget what they did, and a click of theirs counts twice."""
    return ""


@planted(Timeline, "_is_somebodys", TIMELINE + "test_one_user_s_writes_push_out_nobody")
def history_is_bounded_together(right: Any, self: Any, stream: str) -> Any:
    """Whoever writes a lot has others' offers and pages lose what they are carried over."""
    return False


# -- who is answered first -----------------------------------------------------------------

LANES = "app/test_lanes.py::"


@planted(Lanes, "put", LANES + "test_whoever_is_signed_in_goes_before_those_who_came_first")
def everybody_waits_in_one_lane(right: Any, self: Any, rank: int, work: Any) -> Any:
    """500 strangers at once make everybody wait for all of them."""
    return right(self, STRANGER, work)


@planted(Lanes, "_next", LANES + "test_strangers_leave_threads_alone")
def strangers_take_every_thread(right: Any, self: Any) -> Any:
    """As many slow bodies as there are threads keep everybody out."""
    self._most = 10**9
    return right(self)


@planted(Ranks, "of", "web/test_ranks.py::test_a_cookie_that_is_not_ours_is_a_strangers")
def whoever_has_a_cookie_is_known(right: Any, self: Any, cookies: str) -> Any:
    """Any text in its place does it."""
    return min(right(self, cookies), KNOWN) if "ht=" in cookies else right(self, cookies)


@planted(Drawer, "rendered", "app/test_build.py::test_a_page_of_another_release_is_sent_whole")
def a_page_of_other_code_counts_as_ours(right: Any, self: Any, page_id: str) -> Any:
    """What the code renders otherwise stays as it was."""
    return True


@planted(Rate, "among", "app/test_workers.py::test_a_worker_lets_its_part_of_the_rate_through")
def each_worker_lets_all_of_the_rate_through(right: Any, rate: Any, workers: int) -> Any:
    """Four workers let four times as much through."""


@planted(Replica, "reach", "state/test_replica.py::test_who_has_seen_more_is_waited_for")
def who_has_seen_more_is_not_waited_for(right: Any, replica: Any, *arguments: Any) -> Any:
    """A redirect to another worker does not show the person's own write."""


@planted(Versions, "runs_code", SQLITE + "test_no_code_of_an_author_runs_while_others_wait")
def an_author_s_code_runs_under_the_lock(right: Any, versions: Any) -> Any:
    """A slow one makes all other processes wait, and one that writes waits for itself."""
    return False


@planted(Committer, "_again", SQLITE + "test_who_was_overtaken_applies_again_in_the_same_turn")
def who_was_overtaken_may_be_again(right: Any, *arguments: Any) -> Any:
    """The lock is let go, and whoever is faster comes first."""


# -- live pages ----------------------------------------------------------------------------


@planted(Pages, "begin", LIVE + "test_a_broken_line_loses_nothing")
def a_resumed_stream_skips(right: Any, self: Any, viewing: Any, page_id: str, since: Cursor) -> Any:
    """It goes on from now, and not from where the page is."""
    return right(self, viewing, page_id, self.journal.cursor)._replace(since=since)


@planted(Following, "_is_void", LIVE + "test_another_worker_ends_it_too")
def a_closed_session_is_still_pushed(right: Any, self: Any) -> Any:
    """Who has signed out at another worker is still shown."""
    return False


@planted(Pages, "follow", LIVE + "test_many_threads_write_and_every_page_gets_all")
def a_page_stays_stale(
    right: Any, self: Any, viewing: Any, page_id: str, since: Cursor, **options: Any
) -> Any:
    """It is told where the journal is, and not what happened."""
    page = self.cache.find(viewing.visitor.pages, page_id)
    shown = frozenset(page.graph.streams) if page is not None else None
    return Followed(since, Patch(self.journal.cursor, []), shown)


@planted(Live, "_affected", LIVE + "test_a_page_follows_and_is_left_alone")
def who_shows_it_is_not_woken(right: Any, self: Any, touched: Any) -> Any:
    """An entry comes, and nobody is told."""
    return []


@planted(Following, "wake", LIVE + "test_a_page_that_takes_long_keeps_nobody_waiting")
def a_slow_page_blocks_the_others(right: Any, self: Any) -> Any:
    """The dispatcher works out the patch of each page itself."""
    right(self)
    if threading.current_thread().name == "htealeaf-live" and not self._turn.locked():
        self.news()


@planted(Online, "_read", "pages/test_online.py::test_each_counts_what_the_others_have")
def others_are_not_counted(right: Any, self: Any) -> Any:
    """Each worker shows its own pages as all that there are."""
    free, self._others = right(self), {}
    return free
