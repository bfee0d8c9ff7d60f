"""The n-th system call fails: the store stays whole, says so in a sentence, and does it when asked again."""

import itertools
import multiprocessing
from collections import Counter

import pytest
from failing_calls import CALLS, calls, traced
from fault_workers import keep_figures, kill, outside, start, work_when_told
from layer_worlds import open_store

ERRORS = ("EIO", "ENOSPC")


class Trial:
    """One home, worked on by one process after the other, each with one call failing."""

    def __init__(self, folder):
        self.home, self.log, self.record = folder / "home", folder / "log", folder / "strace"
        self.wrong, self.struck, self.answers, self.seeds = [], 0, [], itertools.count()
        with open_store(self.home):
            pass

    def once(self, action, inject=None, retry=False):
        """Do it with that call failing, and perhaps again without; then the process is killed.

        Gives the calls that were traced, and what the store said.
        """
        orders, ordered = multiprocessing.Pipe()
        answers, answering = multiprocessing.Pipe()
        process = start(work_when_told, self.home, self.log, next(self.seeds), action, ordered, answering)
        ordered.close()
        answering.close()
        try:
            assert answers.recv() == "warm"
            with traced(process.pid, self.record, inject):
                orders.send("go")
                said = answers.recv()
            again = said
            if retry and said[0] != "done":
                orders.send("go")
                again = answers.recv()
        finally:
            kill(process)  # at once, so that nothing is put right by closing
            orders.close()
            answers.close()
        found = calls(self.record, process.pid, self.home)
        if inject:
            self._judge(f"{action}, {inject}", said, again, [call for call in found if call.failed])
        return found, said

    def _judge(self, name, said, again, failed):
        self.struck += bool(failed)
        where = failed[0].line if failed else "nothing struck"
        kind, code, sentence = said
        if kind != "done":
            ours = all(str(self.home) not in call.line for call in failed)
            if code is None and not ours:
                self.wrong.append(f"{name}: raised {kind}: {sentence} [{where}]")
            if "\n" in sentence or "Traceback" in sentence:
                self.wrong.append(f"{name}: no one sentence: {sentence!r}")
        if again[0] not in ("done", "nothing to do") and again is not said:
            self.wrong.append(f"{name}: again without a fault: {again}")
        with open_store(self.home):
            pass
        found = outside(self.home, "--log", self.log, "--kills", 0, "--opened", "--at-rest")
        self.wrong += [f"{name}: {line} [{kind} {code}; {where}]" for line in found]
        self.answers.append((name, kind, code, where))


def spread(numbers, count):
    """So many of the numbers, the first and the last among them."""
    if len(numbers) <= count:
        return numbers
    return sorted({numbers[round(k * (len(numbers) - 1) / (count - 1))] for k in range(count)})


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
def test_a_publish_whose_nth_call_fails(tmp_path, error):
    trial = Trial(tmp_path)
    plain, said = trial.once("replace")
    assert said[0] == "done"
    for name in CALLS:
        own = [call for call in plain if call.name == name]
        twins = [call.n for call in own if ".parquet" in call.line and "O_RDONLY" in call.line]
        chosen = {*spread([call.n for call in own], 5), *twins[:2]}
        for turn, n in enumerate(sorted(chosen)):
            trial.once("replace", f"{name}:error={error}:when={n}", retry=turn % 2 == 1)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert trial.struck >= 25


@pytest.mark.slow
@pytest.mark.parametrize("action", ["replace", "revert", "withdraw"])
def test_a_commit_that_failed_at_its_sync_stays_undone_after_a_crash(tmp_path, action):
    """It lies whole in SQLite's log, and its part was put away: a recovery must not take it for done."""
    trial = Trial(tmp_path)
    for retry in (False, True):
        _, said = trial.once(action, "fdatasync:error=EIO:when=1", retry)
        assert said[1] == "catalog_unavailable"
    assert trial.struck == 2
    assert not trial.wrong, "\n".join(trial.wrong)


@pytest.mark.soak
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("action", ["replace", "upsert", "append", "revert", "withdraw", "purge"])
def test_every_operation_with_every_call_failing(tmp_path, action, error):
    """n = 1, 2, 3, ... until nothing is struck any more."""
    trial = Trial(tmp_path)
    for name in CALLS:
        for n in itertools.count(1):
            struck = trial.struck
            for retry in (False, True):
                trial.once(action, f"{name}:error={error}:when={n}", retry)
            if trial.struck == struck:
                break
    said = Counter(code or kind for _, kind, code, _ in trial.answers)
    keep_figures(
        f"failing_calls-{action}-{error}",
        {"struck": trial.struck, "answers": dict(sorted(said.items())), "violations": len(trial.wrong)},
    )
    assert not trial.wrong, "\n".join(trial.wrong)
