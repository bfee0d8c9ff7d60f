"""Uploads: bytes that can be resumed, names that are never paths, states that change one way."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_worlds import open_store

from layers import jobs, uploads
from layers.receiving import append, receiving
from layers.said import Said
from layers.tables import audit
from layers.upload_errors import (
    FileNameUnfit,
    UploadBusy,
    UploadIncomplete,
    UploadNoRoom,
    UploadNotFound,
    UploadOffsetUnfit,
    UploadStateUnfit,
    UploadTooLarge,
)
from layers.upload_folder import examination, file_path, folder
from layers.upload_limits import NAME_MOST, Limits
from layers.upload_sweep import sweep

NOBODY = "0" * 32


def announced(store, *files, said=None, **options):
    return uploads.create(store, "li", said or Said(), files or (("a.csv", 5),), **options)


def received(store, said=None):
    made = announced(store, said=said)
    append(store, made.id, 0, 0, b"a,b\n1")
    return uploads.complete(store, made.id, "li")


def examined(store):
    made, queued = received(store)
    held = jobs.claim(store.database, "w", (uploads.EXAMINE,))
    assert held.id == queued.id
    uploads.move(store, made.id, "examined", ("waiting",), examination=1, layer="people", agency="east")
    jobs.finish(store.database, held, {})
    return made.id


def test_an_upload_travels_from_announcement_to_publishing(store):
    made = announced(store, ("停车场.shp", 3), ("停车场.dbf", 0), said=Said(layer="parking"))
    assert (made.state, made.layer, [file.received for file in made.files]) == (
        "receiving",
        "parking",
        [0, 0],
    )
    assert append(store, made.id, 0, 0, b"ab") == 2
    assert uploads.find(store, made.id).files[0].received == 2
    assert append(store, made.id, 0, 2, [b"c"]) == 3
    whole, queued = uploads.complete(store, made.id, "wang")
    assert (whole.state, [file.received for file in whole.files]) == ("waiting", [3, 0])
    assert (queued.kind, queued.subject, queued.actor) == ("examine", made.id, "wang")
    held = jobs.claim(store.database, "w", ("examine", "publish"))
    uploads.move(store, made.id, "examined", ("waiting",), examination=1)
    jobs.finish(store.database, held, {})
    publishing, queued = uploads.publish(store, made.id, "wang", note="三月\r\n\x1b[31m", confirm=["crs"])
    assert (publishing.state, publishing.note) == ("publishing", "三月\n\ufffd[31m")
    assert queued.payload == {"examination": 1, "note": "三月\n\ufffd[31m", "confirm": ["crs"]}
    assert file_path(store.workspace, made.id, 0).read_bytes() == b"abc"
    assert examination(store.workspace, made.id, 2).relative_to(store.workspace.uploads).parts == (
        made.id,
        "examinations",
        "2",
    )


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b\\c.shp", "\udcd0\udcc2.shp", "CON", ".."]
)
def test_a_name_is_text_and_never_a_path(store, name):
    made = announced(store, (name, 1))
    assert made.files[0].name == uploads.listing(store)[0].files[0].name == name
    inside = sorted(
        str(path.relative_to(store.workspace.uploads)) for path in store.workspace.uploads.rglob("*")
    )
    assert inside == [made.id, f"{made.id}/files", f"{made.id}/files/0"]


@pytest.mark.parametrize(
    "name", ["", "  ", "a\x00b", "a\nb", "\x1b[2Jx", "a\u202efdp.exe", "x" * (NAME_MOST + 1)]
)
def test_a_name_no_list_could_show_is_refused(sqlite_store, name):
    with pytest.raises(FileNameUnfit) as caught:
        announced(sqlite_store, (name, 1))
    assert str(caught.value).isprintable()
    assert list(sqlite_store.workspace.uploads.iterdir()) == []


def test_bytes_go_on_where_the_file_ends_and_nowhere_else(sqlite_store):
    made = announced(sqlite_store, ("a.csv", 4))
    append(sqlite_store, made.id, 0, 0, b"ab")
    for offset in (0, 1, 3):
        with pytest.raises(UploadOffsetUnfit) as caught:
            append(sqlite_store, made.id, 0, offset, b"x")
        assert caught.value.expected == 2
    with pytest.raises(UploadTooLarge):
        append(sqlite_store, made.id, 0, 2, [b"c", b"de"])
    assert append(sqlite_store, made.id, 0, 3, b"d") == 4
    assert file_path(sqlite_store.workspace, made.id, 0).read_bytes() == b"abcd"


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=60), cuts=st.lists(st.integers(0, 60), max_size=6))
def test_a_file_sent_in_any_pieces_with_breaks_is_the_file(tmp_path_factory, content, cuts):
    """Each piece breaks off after its first half; the sender asks where to go on."""
    with open_store(tmp_path_factory.mktemp("pieces") / "home") as store:
        made = announced(store, ("a.csv", len(content)))
        for end in [*sorted(min(cut, len(content)) for cut in cuts), len(content)]:
            start = uploads.find(store, made.id).files[0].received
            piece = content[start:end]

            def broken(piece=piece):
                yield piece[: len(piece) // 2]
                raise ConnectionError

            with pytest.raises(ConnectionError):
                append(store, made.id, 0, start, broken())
            append(store, made.id, 0, start + len(piece) // 2, piece[len(piece) // 2 :])
        uploads.complete(store, made.id, "li")
        assert file_path(store.workspace, made.id, 0).read_bytes() == content


def test_one_sender_at_a_time(sqlite_store):
    made = announced(sqlite_store, ("a.csv", 4), ("b.csv", 4))
    with receiving(sqlite_store, made.id, 0, 0):
        with pytest.raises(UploadBusy):
            append(sqlite_store, made.id, 0, 0, b"x")
        assert append(sqlite_store, made.id, 1, 0, b"x") == 1


def test_the_limits_hold(sqlite_store):
    limits = Limits(file_bytes=10, upload_bytes=15, home_bytes=20, files=3)
    for files, what in (
        ([("a", 11)], "file_bytes"),
        ([("a", 8), ("b", 8)], "upload_bytes"),
        ([("a", 1)] * 4, "files"),
    ):
        with pytest.raises(UploadTooLarge) as caught:
            announced(sqlite_store, *files, limits=limits)
        assert caught.value.what == what
    first = announced(sqlite_store, ("a", 10), ("b", 5), limits=limits)
    with pytest.raises(UploadNoRoom):
        announced(sqlite_store, ("a", 6), limits=limits)
    assert len(list(sqlite_store.workspace.uploads.iterdir())) == 1
    uploads.drop(sqlite_store, first.id, "li")
    announced(sqlite_store, ("a", 6), limits=limits)


def test_a_complete_upload_has_all_its_bytes(sqlite_store):
    made = announced(sqlite_store, ("a.csv", 2), ("b.csv", 0))
    with pytest.raises(UploadIncomplete) as caught:
        uploads.complete(sqlite_store, made.id, "li")
    assert caught.value.missing == ("a.csv",)
    append(sqlite_store, made.id, 0, 0, b"ab")
    uploads.complete(sqlite_store, made.id, "li")
    with pytest.raises(UploadStateUnfit):
        uploads.complete(sqlite_store, made.id, "li")
    with pytest.raises(UploadStateUnfit):
        append(sqlite_store, made.id, 0, 2, b"")


@pytest.mark.parametrize("upload_id", [NOBODY, "../parts", "", "A" * 32])
def test_an_upload_that_is_not_there_is_told(sqlite_store, upload_id):
    for ask in (
        lambda: uploads.find(sqlite_store, upload_id),
        lambda: append(sqlite_store, upload_id, 0, 0, b""),
        lambda: uploads.drop(sqlite_store, upload_id, "li"),
    ):
        with pytest.raises(UploadNotFound):
            ask()
    made = announced(sqlite_store)
    with pytest.raises(UploadNotFound):
        append(sqlite_store, made.id, 1, 0, b"")
    with pytest.raises(UploadNotFound):
        append(sqlite_store, made.id, -1, 0, b"")


def test_saying_something_else_ends_the_examination_at_work(store):
    made, first = received(store)
    held = jobs.claim(store.database, "w", (uploads.EXAMINE,))
    again, second = uploads.say(store, made.id, Said(crs="EPSG:4548", layer="people"), "li")
    assert (again.said.crs, again.layer, again.state) == ("EPSG:4548", "people", "waiting")
    assert not jobs.holds(store.database, held)
    assert jobs.find(store.database, first.id).error.code == "job_cancelled"
    assert jobs.claim(store.database, "w", (uploads.EXAMINE,)).id == second.id


def test_only_what_was_looked_at_is_published(store):
    upload_id = examined(store)
    with pytest.raises(UploadStateUnfit):
        uploads.publish(store, upload_id, "li", examination=2)
    uploads.publish(store, upload_id, "li", examination=1)
    with pytest.raises(UploadStateUnfit):
        uploads.publish(store, upload_id, "li", examination=1)
    with pytest.raises(UploadStateUnfit):
        uploads.drop(store, upload_id, "li")


def test_after_a_failed_publishing_one_may_try_again(store):
    upload_id = examined(store)
    uploads.publish(store, upload_id, "li")
    held = jobs.claim(store.database, "w", (uploads.PUBLISH,))
    jobs.fail(store.database, held, "head_moved", {})
    again, _ = uploads.publish(store, upload_id, "li")
    assert again.state == "publishing"


def test_another_job_about_an_upload_does_not_hide_what_became_of_its_own(store):
    upload_id = examined(store)
    uploads.publish(store, upload_id, "li")
    jobs.fail(store.database, jobs.claim(store.database, "w", uploads.STEPS), "head_moved", {})
    other = jobs.enqueue(store.database, "effect", upload_id, {}, "li")
    sweep(store, idle=timedelta(days=1))
    assert uploads.find(store, upload_id).state == "examined"
    uploads.drop(store, upload_id, "li")
    assert jobs.find(store.database, other.id).error.code == "job_cancelled"


def test_a_failed_examination_leaves_the_upload_unreadable_until_more_is_said(store):
    made, _ = received(store)
    jobs.fail(store.database, jobs.claim(store.database, "w", (uploads.EXAMINE,)), "job_crashed", {})
    sweep(store, idle=timedelta(days=1))
    assert uploads.find(store, made.id).state == "unreadable"
    assert uploads.say(store, made.id, Said(encoding="gb18030"), "li")[0].state == "waiting"


def test_a_state_changes_only_from_where_it_was_seen(store):
    upload_id = examined(store)
    uploads.move(store, upload_id, "publishing", ("examined",))
    with pytest.raises(UploadStateUnfit) as caught:
        uploads.move(store, upload_id, "published", ("examined",))
    assert (caught.value.state, caught.value.wanted) == ("publishing", ("examined",))


def test_who_sent_and_who_dropped_what_is_audited(store):
    made = uploads.create(store, "li", Said(), [("学校.zip", 5), ("b.csv", 2)])
    uploads.drop(store, made.id, "zhao")
    with store.database.read() as connection:
        rows = connection.execute(sa.select(audit).order_by(audit.c.sequence)).all()
    told = {"upload": made.id, "files": ["学校.zip", "b.csv"]}
    assert [(row.actor, row.action, json.loads(row.fields)) for row in rows] == [
        ("li", "upload", told),
        ("zhao", "drop_upload", told),
    ]
    assert store.check() == []


def test_a_dropped_upload_leaves_no_bytes(store):
    made, queued = received(store)
    assert uploads.drop(store, made.id, "li").state == "dropped"
    assert jobs.find(store.database, queued.id).state == "failed"
    assert list(store.workspace.uploads.iterdir()) == []
    assert [each.id for each in uploads.listing(store)] == [made.id]
    assert uploads.listing(store, states=("waiting",)) == []


def test_the_sweep_drops_what_nobody_touches_and_removes_what_nothing_needs(store):
    sending = examined(store)
    idle, _ = received(store)
    uploads.publish(store, sending, "li")
    lost = store.workspace.uploads / NOBODY
    lost.mkdir()
    two_hours_ago = datetime.now(UTC).timestamp() - 7200
    os.utime(lost, (two_hours_ago, two_hours_ago))
    fresh = store.workspace.uploads / ("f" * 32)
    fresh.mkdir()
    assert sweep(store, idle=timedelta(days=1)) == [NOBODY]
    later = datetime.now(UTC) + timedelta(days=2)
    assert set(sweep(store, idle=timedelta(days=1), now=later)) == {idle.id, fresh.name}
    assert uploads.find(store, idle.id).state == "dropped"
    assert uploads.find(store, sending).state == "publishing"
    assert folder(store.workspace, sending).is_dir()
