"""What a worker does with uploads: examine them, publish them, and say what that would do to coverage.

Each may be done twice, when a worker died over it: an examination is written anew under the next number, and
publishing what the head holds already is no new version.
"""

import shutil
from collections.abc import Mapping
from typing import Any

from api.worker_registry import Context, handles
from geo.formats import NamedFile
from layers import examined, jobs, uploads
from layers.examine import examine
from layers.publishing import publish_ready
from layers.staging import fsync_folder, staged
from layers.upload_folder import examination, file_path, remove_folder

EFFECT = "effect"


@handles(uploads.EXAMINE)
def examine_upload(context: Context) -> Mapping[str, Any]:
    """Look at an upload and keep what was found; its coverage effect is a job of its own."""
    store, upload_id = context.store, context.job.subject
    upload = uploads.find(store, upload_id)
    files = [
        NamedFile(file.name, file_path(store.workspace, upload_id, n)) for n, file in enumerate(upload.files)
    ]
    number = upload.examination + 1
    target = examination(store.workspace, upload_id, number)
    with staged(store.workspace.staging, "examine") as stage:
        (stage / "members").mkdir()
        found = examine(
            store,
            files,
            upload.said,
            folder=stage / "members",
            progress=lambda step: context.progress(step=step),
        )
        made = stage / "examination"
        made.mkdir()
        context.progress(step="keep")
        examined.save(made, found, upload=upload_id, examination=number)
        target.parent.mkdir(exist_ok=True)
        if target.exists():  # of a worker that died before the catalog heard of it
            shutil.rmtree(target)
        made.rename(target)
        fsync_folder(target.parent)
    state = "examined" if found.failure is None else "unreadable"
    with store.database.write() as connection:
        uploads.move_in(
            connection,
            upload_id,
            state,
            ("waiting",),
            examination=number,
            layer=found.layer,
            agency=found.agency,
        )
        if found.publishable:
            payload = {"upload": upload_id, "examination": number}
            jobs.enqueue_in(connection, EFFECT, upload_id, payload, context.job.actor)
    return {"examination": number, "publishable": found.publishable}


@handles(uploads.PUBLISH)
def publish_upload(context: Context) -> Mapping[str, Any]:
    """Make what an examination showed the agency's state."""
    store, upload_id, payload = context.store, context.job.subject, context.job.payload
    upload = uploads.find(store, upload_id)
    saved = examined.load(examination(store.workspace, upload_id, int(payload["examination"])))
    files = [
        NamedFile(file.name, file_path(store.workspace, upload_id, n)) for n, file in enumerate(upload.files)
    ]
    published = publish_ready(
        store,
        saved.ready(),
        files,
        author=context.job.actor,
        note=str(payload["note"]),
        confirmed=payload["confirm"],
    )
    with store.database.write() as connection:
        uploads.move_in(connection, upload_id, "published", ("publishing",), version=published.version.id)
    remove_folder(store.workspace, upload_id)
    return {
        "version": published.version.id,
        "changed": published.changed,
        "rebased": published.rebased,
        "findings": [vars(each) for each in published.findings if each.severity == "error"],
    }
