"""From the files of an upload to one frame: unpack archives, tell data sets apart, choose one, read it.

Owns the choice of data set and of the layer inside it. Files are opened by `geo.readers` in a process of its
own; nothing here looks into them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from geo.detected import Candidate, Detected
from geo.errors import ReadError
from geo.formats import NamedFile, Source, Unfit, group
from geo.read_problems import problem
from geo.readers import layer_names, unpack
from geo.signatures import GEOTIFF, is_archive
from layers.errors import SourceUnusable
from layers.said import Said

_AMONG_SEVERAL = 0.6


@dataclass(frozen=True)
class Dataset:
    """One of the data sets of an upload and the layers inside it.

    `error` says why it cannot be opened, `archive` the name of the archive it came in.
    """

    source: Source
    layers: tuple[str, ...]
    error: ReadError | None = None
    archive: str = ""

    @property
    def called(self) -> str:
        """All that its owner calls it: what a guess of the layer may read."""
        return f"{PurePosixPath(self.archive).stem}/{self.source.name}" if self.archive else self.source.name


@dataclass(frozen=True)
class Heap:
    """All that was sent: data sets, and files that belong to none."""

    datasets: tuple[Dataset, ...]
    unfit: tuple[Unfit, ...] = ()

    def as_values(self) -> list[dict[str, Any]]:
        """The data sets as report.json has them."""
        return [
            {"name": each.source.name, "driver": each.source.driver, "layers": list(each.layers)}
            for each in self.datasets
        ]


@dataclass(frozen=True)
class Choice:
    """The data set and the layer of it to read, and how they were chosen."""

    dataset: Dataset
    layer: str
    detected: tuple[Detected, ...] = ()

    @property
    def source(self) -> Source:
        return self.dataset.source


def take_apart(files: Sequence[NamedFile], into: Path) -> Heap:
    """The data sets in the files, archives unpacked into the folder `into`.

    ReadError where nothing is left that could be read: that of the first file that fits nothing.
    """
    if not files:
        raise SourceUnusable("upload", "names no file")
    loose: list[NamedFile] = []
    archives: dict[Path, str] = {}
    for number, file in enumerate(files):
        if file.path.is_file() and is_archive(file.path):
            place = into / str(number)
            place.mkdir(parents=True)
            members = unpack(file, place)
            archives |= {member.path: file.name for member in members}
            loose += members
        else:
            loose.append(file)
    grouped = group(loose)
    if not grouped.sources:
        raise grouped.unfit[0].error if grouped.unfit else problem("archive_empty", files[0].name)
    opened = tuple(_opened(source, archives.get(source.path, "")) for source in grouped.sources)
    if len(opened) == 1 and opened[0].error is not None:
        raise opened[0].error
    return Heap(opened, grouped.unfit)


def _opened(source: Source, archive: str) -> Dataset:
    try:
        return Dataset(source, layer_names(source), archive=archive)
    except ReadError as error:
        return Dataset(source, (), error, archive)


def only_rasters(heap: Heap, said: Said) -> Heap:
    """The heap without data sets that are no rasters, unless there is no raster or the uploader chose one."""
    rasters = tuple(each for each in heap.datasets if each.source.driver == GEOTIFF)
    return replace(heap, datasets=rasters) if rasters and said.dataset is None else heap


def choose(heap: Heap, said: Said) -> Choice:
    """The data set and layer the uploader means; of several the first that opens, told as a guess.

    SourceUnusable names what there is when the one said is not.
    """
    usable = [each for each in heap.datasets if each.layers]
    if not usable:
        raise next(each.error for each in heap.datasets if each.error is not None)
    dataset, detected = _dataset(usable, heap, said)
    layer, more = _layer(dataset, said)
    return Choice(dataset, layer, detected + more)


def _dataset(usable: list[Dataset], heap: Heap, said: Said) -> tuple[Dataset, tuple[Detected, ...]]:
    if said.dataset is not None:
        found = next((each for each in heap.datasets if each.source.name == said.dataset), None)
        if found is None:
            names = ", ".join(each.source.name for each in heap.datasets)
            raise SourceUnusable(said.dataset, f"is not in the upload; it holds {names}")
        if found.error is not None:
            raise found.error
        return found, ()
    with_layer = [each for each in usable if said.source_layer in each.layers]
    if said.source_layer is not None and len(with_layer) == 1:
        return with_layer[0], ()
    chosen = usable[0]
    if len(usable) == 1:
        return chosen, ()
    others = tuple(Candidate(each.source.name, _AMONG_SEVERAL / 2) for each in usable[1:])
    fields = {"count": len(usable)}
    return chosen, (
        Detected("source_layer", chosen.source.name, _AMONG_SEVERAL, "dataset_first", fields, others),
    )


def _layer(dataset: Dataset, said: Said) -> tuple[str, tuple[Detected, ...]]:
    names = dataset.layers
    if said.source_layer is not None:
        if said.source_layer not in names:
            listed = ", ".join(names)
            raise problem(
                "no_layer", dataset.source.name, layer=said.source_layer, names=list(names), listed=listed
            )
        return said.source_layer, ()
    if len(names) == 1:
        return names[0], ()
    others = tuple(Candidate(name, _AMONG_SEVERAL / 2) for name in names[1:])
    fields = {"count": len(names), "dataset": dataset.source.name}
    return names[0], (Detected("source_layer", names[0], _AMONG_SEVERAL, "layer_first", fields, others),)
