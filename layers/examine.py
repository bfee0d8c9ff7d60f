"""Examining an upload: everything that can be known of it before anything changes.

    take apart -> choose -> read -> guess -> place -> arrange -> prepare -> combine -> diff

Each step takes a finished value; this module only decides which kind of data it is and hands it on. The
result is one `Examined`, which is shown, kept (`layers.examined`), and published (`layers.publishing`).
Nothing is written to the store.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from geo.errors import FileMissing, ReadError
from geo.formats import NamedFile
from geo.signatures import GEOTIFF, OSM
from layers.catalog import Store
from layers.examination import Examined, Progress
from layers.examine_features import examine_features
from layers.examine_network import examine_network
from layers.examine_raster import raster_examined
from layers.findings import SEVERITIES, Finding
from layers.opening import Heap, choose, only_rasters, take_apart
from layers.publish import may_publish
from layers.said import Said


def examine(
    store: Store,
    files: Sequence[NamedFile],
    said: Said,
    *,
    folder: Path,
    progress: Progress = lambda _step: None,
) -> Examined:
    """Look at an upload.

    Parameters
    ----------
    files
        As received, with their owner's names.
    said
        The uploader's words. Without a layer or an agency they are found out.
    folder
        An empty folder for members of archives; the caller removes it.
    progress
        Told the name of each step as it begins.

    What is wrong with the files comes back inside `Examined`. Errors of the call are raised: an unknown layer
    or agency, a mode nobody has, a column or data set the files lack.
    """
    if said.layer is not None:
        spec = store.spec(said.layer)
        if said.agency is not None:
            may_publish(store, spec, said.agency, said.mode)
    heap: Heap | None = None
    try:
        progress("take_apart")
        heap = take_apart(files, folder)
        found = _of_heap(store, heap, said, folder, progress)
        return replace(found, findings=_worst_first(found.findings))
    except FileMissing:
        raise
    except ReadError as error:
        finding = Finding(error.code, "error", said.layer or "", fields=dict(vars(error)))
        return Examined(
            said, heap=heap, layer=said.layer, agency=said.agency, findings=(finding,), failure=error
        )


def _worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What must be mended before what is only worth a look; otherwise in the order of finding."""
    return tuple(sorted(findings, key=lambda each: SEVERITIES.index(each.severity)))


def _of_heap(store: Store, heap: Heap, said: Said, folder: Path, progress: Progress) -> Examined:
    spec = store.spec(said.layer) if said.layer is not None else None
    if spec is None and any(each.source.driver == OSM for each in heap.datasets):
        spec = store.spec(store.workspace.city.network)
    if spec is not None and spec.kind == "network":
        return examine_network(store, heap, said, spec, progress)
    is_raster = spec is not None and spec.kind == "raster"
    choice = choose(only_rasters(heap, said) if is_raster else heap, said)
    if is_raster or (spec is None and choice.source.driver == GEOTIFF):
        return raster_examined(store, heap, choice, said, spec, folder, progress)
    return examine_features(store, heap, choice, said, spec, progress)
