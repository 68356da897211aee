"""What a journal on a server promises besides: it is killed, stopped, emptied, restored.

A backend's class of tests names itself and says how its server is harmed.
"""

from __future__ import annotations

import os
import signal
import threading
from abc import abstractmethod
from itertools import count

import pytest

from htealeaf.data.documents import freeze
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.state.drafts import Write
from htealeaf.state.journal import (
    Appended,
    Commit,
    EpochChanged,
    Journal,
    JournalDamaged,
    JournalTrimmed,
    JournalUnreachable,
    Once,
    Refused,
)
from htealeaf.state.replica import Replica
from tests.state.journal_contract import JournalContract, Opener, Worker, begin, put, step
from tests.state.servers import Server


class ServerContract(JournalContract):
    """Every promise of a journal; and those that concern its server."""

    server: Server
    keeps_epoch: bool  #: over a restart after a crash

    @abstractmethod
    def wipe(self) -> None:
        """Delete all that is stored, while workers run."""

    @abstractmethod
    def copy(self) -> object:
        """Return a copy of all that is stored."""

    @abstractmethod
    def restore(self, copy: object) -> None:
        """Put a copy in the place of what is stored, while workers run."""

    @abstractmethod
    def lose(self, stream: str) -> None:
        """Delete what is stored of a stream, but not that it is there."""

    @abstractmethod
    def lose_entries(self, n: int) -> None:
        """Delete the entries of one number."""

    @abstractmethod
    def lose_answer(self, journal: Journal, patch: pytest.MonkeyPatch) -> None:
        """Let the connection break once, behind an append and before its answer."""

    @abstractmethod
    def hurry(self, patch: pytest.MonkeyPatch) -> None:
        """Let journals that are opened from now on wait for a moment only."""

    def test_a_killed_server_has_what_it_acknowledged(self, opener: Opener) -> None:
        one = Worker(opener())
        one.began("s", {"n": 0})
        one.append(step("s", put("n", 1), once=Once("x", outcome="told")), s=1)
        self.server.kill()
        try:
            with pytest.raises(JournalUnreachable):
                one.tried(step("s", put("n", 2)), seen=2, s=2)
            with pytest.raises(JournalUnreachable):
                one.root("s")
        finally:
            self.server.start()

        again = Worker(one.journal)

        assert (again.epoch == one.epoch) is self.keeps_epoch
        assert (again.n, again.root("s")) == (2, {"n": 1})
        known = again.journal.claimed("x")
        assert known is not None
        assert known.outcome == "told"
        assert again.append(step("s", put("n", 2)), s=2).numbers == (3,)

    def test_a_server_that_says_nothing_is_asked_again_and_writes_once(
        self, opener: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patient = Worker(opener())
        self.hurry(monkeypatch)
        one = Worker(opener())
        one.began("s", {"n": 0})
        commit = step("s", put("n", 1), once=Once("x"))
        self.server.signal(signal.SIGSTOP)
        try:
            with pytest.raises(JournalUnreachable):
                one.tried(commit, seen=1, s=1)
        finally:
            self.server.signal(signal.SIGCONT)

        answer = patient.tried(commit, seen=1, s=1)

        assert isinstance(answer, Appended) or list(answer.taken) == ["x"]
        assert (patient.n, patient.root("s")) == (2, {"n": 1})

    def test_an_answer_that_is_lost_is_asked_for_by_its_id(
        self, one: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one.began("s", {"n": 0})
        self.lose_answer(one.journal, monkeypatch)

        answer = one.tried(step("s", put("n", 1), once=Once("x", outcome="a")), seen=1, s=1)

        assert isinstance(answer, Refused)
        assert answer.taken["x"].outcome == "a"
        assert (one.n, one.root("s")) == (2, {"n": 1})

    def test_an_append_without_an_id_is_never_sent_twice(
        self, one: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one.began("s", {"n": 0})
        self.lose_answer(one.journal, monkeypatch)

        with pytest.raises(JournalUnreachable):
            one.tried(step("other", begin({})), seen=1)

        assert one.n == 2

    def test_a_journal_that_was_emptied_is_another_epoch(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        other.append(step("s", put("n", 1)), s=1)

        self.wipe()

        with pytest.raises(EpochChanged):
            one.numbers(1)
        with pytest.raises(EpochChanged):
            other.tried(step("s", put("n", 2)), seen=2, s=2)
        again = Worker(one.journal)
        assert again.epoch != one.epoch
        assert (again.n, again.root("s")) == (0, None)
        assert again.began("s", {}) == 1

    @pytest.mark.parametrize("writes", [True, False])
    def test_an_older_copy_is_another_epoch(self, one: Worker, other: Worker, writes: bool) -> None:
        one.began("s", {"n": 0})
        copy = self.copy()
        one.append(step("s", put("n", 1)), s=1)

        self.restore(copy)

        with pytest.raises(EpochChanged):
            one.tried(step("s", put("n", 2)), seen=2, s=2) if writes else one.numbers(2)
        again = Worker(other.journal)
        assert again.epoch != one.epoch
        assert (again.n, again.root("s")) == (1, {"n": 0})
        assert again.append(step("s", put("n", 5)), s=1).numbers == (2,)

    def test_a_head_without_its_document_is_no_default(self, one: Worker) -> None:
        one.began("s", {"n": 0})

        self.lose("s")

        with pytest.raises(JournalDamaged):
            one.root("s")

    def test_an_entry_that_is_lost_is_never_folded_over(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        one.append(step("s", put("n", 1)), s=1)
        one.append(step("s", put("m", 1)), s=2)

        self.lose_entries(2)

        with pytest.raises(JournalDamaged):
            other.root("s")
        with pytest.raises(JournalTrimmed):
            other.numbers(1)
        assert other.numbers(2) == [3]

    def test_waiting_goes_on_through_a_lost_end(self, one: Worker, other: Worker) -> None:
        """Who waits hears that the line was cut, and not of its first new numbers as the next."""
        one.began("s", {})
        found: list[object] = []

        def waits() -> None:
            try:
                found.append(other.journal.after(1, epoch=other.epoch, timeout=30))
            except EpochChanged as error:
                found.append(error)

        thread = threading.Thread(target=waits)
        thread.start()
        self.wipe()
        thread.join(60)

        assert [type(answer) for answer in found] == [EpochChanged]

    def test_a_worker_hears_by_itself_of_what_another_one_writes(self, opener: Opener) -> None:
        """Nobody asks it for anything; its follower waits, through a restart of the server too."""
        here, there = Replica(opener()), Replica(opener())
        heard, counted = threading.Event(), count(1)
        for replica in (here, there):
            replica.define("shared", freeze({"n": 0}))
        here.root("shared")
        here.wait_for_others()
        here.listen(lambda touched: heard.set())
        try:
            for lost in (False, False, True):
                if lost:
                    self.server.kill()
                    self.server.start()
                heard.clear()
                n = next(counted)
                there.commit([Write("shared", Mutation("increment", parse("n"), 1))], once=f"id{n}")
                while here.head("shared")[1]["n"] != n:
                    assert heard.wait(30), "nobody has told it"
                    heard.clear()
            assert (here.epoch, here.n) == (there.epoch, there.n)
        finally:
            here.close()
            there.close()

    def test_a_worker_that_follows_notices_that_all_was_lost(self, opener: Opener) -> None:
        """It shows what is there, and not what was, though nobody asks it for anything."""
        Worker(opener()).began("s", {"n": 1})
        here, heard = Replica(opener()), threading.Event()
        assert here.root("s") == {"n": 1}
        here.wait_for_others()
        before = here.epoch
        here.listen(lambda touched: heard.set())
        try:
            self.wipe()
            while here.epoch == before:
                assert heard.wait(30), "nobody has told it"
                heard.clear()
            assert here.root("s") == {}
        finally:
            here.close()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    def test_a_forked_worker_has_connections_of_its_own(self, one: Worker) -> None:
        one.began("s", {"n": 0})
        child = os.fork()
        if child == 0:  # pragma: no cover
            fine = one.append(step("s", put("n", 1)), seen=1, s=1).numbers == (2,)
            os._exit(0 if fine else 1)
        _, status = os.waitpid(child, 0)

        assert status == 0
        assert one.root("s") == {"n": 1}
        assert one.append(Commit({"s": (put("n", 2),)}), s=2).numbers == (3,)
