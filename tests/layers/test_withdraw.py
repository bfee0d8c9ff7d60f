"""Withdrawing hides a version and steps back; erasing leaves a tombstone; auditors still see."""

import pytest
from layer_worlds import people

from layers.errors import LayerHasNoData, VersionNotFound, VersionNotWithdrawn, VersionWithdrawn
from layers.publish import publish_frame
from layers.withdraw import purge, withdraw


def publish(store, *amounts, agency="east", first=0, **options):
    return publish_frame(store, "people", agency, people(*amounts, first=first), author="li", **options)


def amounts(store, **options):
    frame = store.read("people", **options)
    return sorted(frame["people"])


def hide(store, version, **options):
    return withdraw(store, version.id, why="names of people", actor="zhao", **options)


def test_a_withdrawn_head_gives_way_to_the_version_before_it(store):
    first, second = publish(store, 1), publish(store, 2)
    assert hide(store, second) == first
    assert amounts(store) == [1.0]
    newest = store.history("people", auditor=True)[0]
    assert (newest.action, newest.version, newest.previous, newest.note) == (
        "withdraw",
        first.id,
        second.id,
        "names of people",
    )
    assert [entry.withdrawn for entry in store.history("people", auditor=True)] == [False, True, False]
    assert store.check() == []


def test_what_was_reverted_stays_reverted_when_the_head_is_withdrawn(store):
    first = publish(store, 1)
    good = publish(store, 2)
    publish(store, 3)  # a mistake,
    store.revert("people", good.id, author="li")  # taken back
    assert hide(store, good) == first
    assert amounts(store) == [1.0]
    assert store.check() == []


def test_the_past_with_it_is_gone_but_for_auditors(store):
    publish(store, 1)
    second = publish(store, 2)
    hide(store, second)
    for ask in (
        lambda **o: store.read("people", as_of=2, **o),
        lambda **o: store.heads("people", as_of=2, **o),
        lambda **o: store.version(second.id, **o),
        lambda **o: store.read("people", version=second.id, **o),
    ):
        with pytest.raises(VersionWithdrawn, match="names of people"):
            ask()
        assert ask(auditor=True) is not None
    assert amounts(store, as_of=1) == [1.0]
    assert amounts(store, as_of=2, auditor=True) == [2.0]


def test_history_hides_what_was_withdrawn_and_why_but_not_that_it_was(store):
    first, second = publish(store, 1), publish(store, 2, note="with the names")
    hide(store, second)
    told = [(each.action, each.version, each.note) for each in store.history("people")]
    assert told == [("withdraw", first.id, ""), ("publish", first.id, "")]
    everything = [(each.action, each.note) for each in store.history("people", auditor=True)]
    assert everything == [("withdraw", "names of people"), ("publish", "with the names"), ("publish", "")]


def test_a_version_in_hand_is_not_read_once_it_is_withdrawn(store):
    publish(store, 1)
    second = publish(store, 2)
    hide(store, second)
    with pytest.raises(VersionWithdrawn, match="names of people"):
        store.read_version(second)
    assert store.read_version(second, auditor=True)["people"].tolist() == [2.0]


def test_an_older_version_may_go_while_the_head_stays(store):
    first, second = publish(store, 1), publish(store, 2)
    assert hide(store, first) == second
    assert store.sequence() == 2
    assert amounts(store) == [2.0]


def test_stepping_back_leaves_out_what_was_withdrawn_before(store):
    first, second, third = publish(store, 1), publish(store, 2), publish(store, 3)
    hide(store, second)
    assert hide(store, third) == first


def test_without_an_earlier_version_the_agency_has_no_head(store):
    only = publish(store, 1)
    assert hide(store, only) is None
    assert store.heads("people") == {}
    with pytest.raises(LayerHasNoData):
        store.read("people")
    assert store.history("people")[0].leaves_none
    again = publish(store, 5)
    assert again.parent is None
    assert amounts(store) == [5.0]
    assert store.check() == []


def test_other_agencies_are_left_alone(store):
    theirs = publish(store, 7, agency="west", first=5)
    hide(store, publish(store, 1))
    assert store.heads("people") == {"west": theirs}


def test_what_was_withdrawn_comes_back_neither_by_revert_nor_by_publishing(store):
    publish(store, 1)
    second = publish(store, 2)
    hide(store, second)
    with pytest.raises(VersionWithdrawn):
        store.revert("people", second.id, author="li")
    with pytest.raises(VersionWithdrawn):
        publish(store, 2)
    with pytest.raises(VersionWithdrawn):
        hide(store, second)
    assert amounts(store) == [1.0]


def test_listeners_are_told_once_it_is_done(store):
    told = []
    second = publish(store, 1) and publish(store, 2)
    hide(store, second, listeners=[lambda version: told.append((version.id, amounts(store)))])
    purge(store, second.id, actor="zhao", listeners=[lambda version: told.append(version.id)])
    assert told == [(second.id, [1.0]), second.id]


def test_erasing_leaves_a_tombstone(store, tmp_path):
    source = tmp_path / "people.csv"
    source.write_text("id,people\n")
    publish(store, 1)
    second = publish(store, 2, source=source)
    hide(store, second)
    workspace = store.workspace
    assert workspace.part(second.part_hash).exists()
    purge(store, second.id, actor="zhao")
    assert not workspace.part(second.part_hash).exists()
    assert list(workspace.cache.glob(f"{second.part_hash}.*")) == []
    assert list(workspace.originals.iterdir()) == []
    assert store.check() == []
    assert store.version(second.id, auditor=True) == second
    purge(store, second.id, actor="zhao")
    assert store.check() == []


def test_erasing_keeps_what_a_shown_version_shares(store, tmp_path):
    """The same content upon another parent, from the same file: one part, one original, two versions."""
    source = tmp_path / "people.csv"
    source.write_text("id,people\n")
    first = publish(store, 1, source=source)
    publish(store, 2)
    third = publish(store, 1, source=source)
    assert (first.part_hash, first.source_hash) == (third.part_hash, third.source_hash)
    hide(store, first)
    purge(store, first.id, actor="zhao")
    assert amounts(store) == [1.0]
    assert store.check() == []
    hide(store, third)
    purge(store, third.id, actor="zhao")
    assert not store.workspace.part(third.part_hash).exists()
    assert list(store.workspace.originals.iterdir()) == []
    assert store.check() == []


def test_bytes_that_should_be_gone_are_a_problem(store):
    publish(store, 1)
    second = publish(store, 2)
    hide(store, second)
    part = store.workspace.part(second.part_hash)
    kept = part.read_bytes()
    purge(store, second.id, actor="zhao")
    part.write_bytes(kept)
    assert [problem.code for problem in store.check()] == ["purged_present"]


def test_only_what_is_withdrawn_is_erased(store):
    version = publish(store, 1)
    with pytest.raises(VersionNotWithdrawn):
        purge(store, version.id, actor="zhao")
    for task in (withdraw, purge):
        with pytest.raises(VersionNotFound):
            task(store, "0" * 16, actor="zhao", **({"why": "x"} if task is withdraw else {}))
    assert amounts(store) == [1.0]


def test_a_version_erased_while_it_is_read_is_withdrawn_and_not_damaged(store):
    publish_frame(store, "people", "east", people(1), author="li")
    second = publish_frame(store, "people", "east", people(2), author="li")
    withdraw(store, second.id, why="names of people", actor="li")
    purge(store, second.id, actor="li")
    with pytest.raises(VersionWithdrawn, match="names of people"):
        store.tables(second)  # by a reader that had found it before
