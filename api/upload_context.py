"""Everything `upload.html` needs: an upload, its work, its newest examination, and what the reader may do."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from api import changes_page
from api.access import Actor
from api.changes import Changes, changes_of
from api.changes_page import Asked
from api.deps import Site
from api.history_page import undo_of
from api.pages import Reader, link
from api.raster_view import raster_view
from api.rights import Rights
from api.upload_effect import effect_view
from api.upload_findings import PAGE_FINDINGS, found_rows, pager, rule_links, severity_links
from api.upload_page import (
    ENCODINGS,
    Choice,
    Reading,
    column_rows,
    conclusions,
    evidence,
    notes,
    summary,
    to_confirm,
)
from api.upload_places import places
from api.upload_wanted import Wanted
from api.upload_words import now, problem, share_of, shown_name, size_text
from api.words import Words
from layers import jobs, ledger
from layers.catalog import Store
from layers.examined import Saved, load
from layers.findings import SEVERITIES
from layers.jobs import Job
from layers.rasters import is_head
from layers.spec import FIELD_TYPES, GEOMETRIES, LayerSpec
from layers.upload_folder import examination
from layers.uploads import EXAMINE, PUBLISH, Upload
from maps import change_style

MODES = ("replace", "upsert", "append")
LEAVE_MOST = 2000  # rows a form leaves out at once
WORKING = ("waiting", "publishing")
EFFECT = "effect"


def context(
    site: Site, store: Store, who: Reader, found: Upload, wanted: Wanted, rights: Rights
) -> dict[str, Any]:
    """The page of an upload in whatever state it is."""
    words = who.words
    job = main_job(store, found)
    working = found.state in WORKING and not _has_failed(job)
    base: dict[str, Any] = {
        "upload": found,
        "name": shown_name(found),
        "working": working,
        "may": rights.say,
        "may_publish": rights.publish,
        "now": now(words, job),
        "share": share_of(job),
        "size": lambda n: size_text(words, n),
        "error": problem(words, found, job),
        "retry": rights.say and not working and found.state in ("waiting", "unreadable") and _has_failed(job),
        "map_head": "",
        "reading": None,
        "changes": None,
        "effect": effect_view(words, jobs.latest(store.database, EFFECT, found.id)),
        "published": published(store, words, found, rights.actor),
        "total_findings": 0,
    }
    saved = examined(store, found) if found.state in ("examined", "unreadable") else None
    if saved is None:
        return base
    reading = Reading(words, store.workspace.city, store.workspace.specs, saved.report)
    shown = of_examination(site, store, reading, saved, found, wanted, rights)
    return {**base, **shown, "error": base["error"] or shown["error"]}


def _has_failed(job: Job | None) -> bool:
    return job is not None and job.state == "failed"


def main_job(store: Store, found: Upload) -> Job | None:
    """The newest work on the upload itself; what it does to coverage is work beside it."""
    known = [jobs.latest(store.database, kind, found.id) for kind in (EXAMINE, PUBLISH)]
    return max((each for each in known if each), key=lambda each: each.number, default=None)


def examined(store: Store, found: Upload) -> Saved | None:
    """The newest examination; None where there is none yet."""
    if not found.examination:
        return None
    try:
        return load(examination(store.workspace, found.id, found.examination))
    except FileNotFoundError:
        return None


def of_examination(
    site: Site, store: Store, reading: Reading, saved: Saved, found: Upload, wanted: Wanted, rights: Rights
) -> dict[str, Any]:
    """What the examination says: what this is, what is wrong, what would change, what comes next."""
    words, report = reading.words, saved.report
    path, query = f"/uploads/{found.id}", wanted.query()
    look = change_style.load(store.workspace.home / "styles")
    counts = {each: int((report.get("counts") or {}).get(each, 0)) for each in SEVERITIES}
    lines = saved.findings(wanted.severity, wanted.rule, wanted.start, PAGE_FINDINGS)
    rows = found_rows(reading, lines, path, query)
    changes = changes_in(site, store, found, saved)
    columns = column_rows(reading)
    questions = asked(reading)
    told = conclusions(reading)
    if rights.say:  # what is asked is not listed twice
        told = [each for each in told if each.subject not in {q["subject"] for q in questions}]
    wrong = wrong_rows(saved)
    return {
        "reading": reading,
        "report": {**report, "counts": counts, "datasets": report.get("datasets") or []},
        "map_head": changes_page.head(site),
        "raster": raster_view(
            words,
            reading.spec,
            report.get("facts") or {},
            picture=f"/api/uploads/{found.id}/preview.png?examination={found.examination}"
            if saved.preview
            else "",
        )
        if report.get("kind") == "raster"
        else None,
        "summary": summary(reading) if report.get("rows") is not None and not report.get("failure") else "",
        "error": failure(words, report),
        "unfit": [words.failure(each["code"], each["fields"]) for each in report.get("unfit") or ()],
        "conclusions": told,
        "asked": questions if rights.say else [],
        "mode": report.get("mode") or "replace",
        "modes": ("replace",) if report.get("kind") in ("raster", "network") else MODES,
        "columns": columns,
        "columns_open": any(each["how"] == "unknown" for each in columns),
        "fields": list(reading.spec.fields) if reading.spec else [],
        "total_findings": sum(counts.values()),
        "severities": severity_links(reading, path, query),
        "rules": rule_links(reading, path, query),
        "marks": {each: look.findings[each].swatch() for each in SEVERITIES},
        "found": rows,
        "found_pages": pager(
            path, query, "start", wanted.start, PAGE_FINDINGS, matching(saved, wanted), "#wrong"
        ),
        "places": places(reading, saved, wanted, look),
        "wrong_rows": ",".join(map(str, wrong)),
        "wrong_rows_n": len(wrong),
        "corrections": corrections(reading, found),
        "left_out_n": len(found.said.left_out),
        "changes": changes_page.view(
            site,
            store,
            words,
            look,
            changes,
            asked=Asked(wanted.change, wanted.change_start),
            path=path,
            query=query,
            data=f"/api/uploads/{found.id}/changes?examination={found.examination}&lang={words.lang}",
            titles=(words.say("changes_before"), words.say("changes_after")),
            as_of=None,
        )
        if changes
        else None,
        "confirm": to_confirm(reading),
        "draft": report.get("draft") if not reading.spec and not is_empty(report) else None,
        "notes": notes(reading),
        "empty": is_empty(report) and not reading.spec,
        "types": FIELD_TYPES,
        "geometries": GEOMETRIES,
        "may_confirm": rights.confirm_spec,
        "next_step": next_step(words, report),
        "publish_says": words.say(
            "upload_publish_same"
            if (changes and not changes.total) or same_raster(store, report)
            else "upload_publish_says"
        ),
    }


def same_raster(store: Store, report: Mapping[str, Any]) -> bool:
    """Whether the raster is the one that its agency has published."""
    facts = report.get("facts") or {}
    return report.get("kind") == "raster" and bool(facts) and is_head(store, report.get("base"), facts)


def changes_in(site: Site, store: Store, found: Upload, saved: Saved) -> Changes | None:
    """The delta of an examination; remembered, since tables and maps ask for it again and again."""
    spec = store.workspace.specs.get(saved.report.get("layer") or "")
    if saved.report.get("delta") is None or spec is None:
        return None

    def make() -> Changes:
        delta = saved.delta()
        assert delta is not None  # noqa: S101 - the report says there is one
        return changes_of(delta, spec)

    return site.changes.get(("upload", found.id, found.examination), make)


def asked(reading: Reading) -> list[dict[str, Any]]:
    """What could not be concluded at all and has to be said, with the reason why it could not."""
    report, words = reading.report, reading.words
    if report.get("failure"):
        if report["failure"]["code"] != "encoding_unfit":
            return []
        return [
            {"subject": "encoding", "evidence": "", "choices": [Choice(each, each) for each in ENCODINGS]}
        ]
    detected = report.get("detected") or ()
    concluded = {each["subject"] for each in detected if each["value"]}
    reasons = {each["subject"]: evidence(words, each) for each in detected if not each["value"]}
    made = []
    if not report.get("layer") and "layer" not in concluded and not is_empty(report):
        layers = [Choice(name, reading.layer_title(name)) for name in sorted(reading.specs)]
        made.append({"subject": "layer", "evidence": reasons.get("layer", ""), "choices": layers})
    if report.get("layer") and not report.get("agency") and "agency" not in concluded:
        agencies = [Choice(each.code, words.title(each, "name")) for each in reading.city.agencies]
        made.append({"subject": "agency", "evidence": reasons.get("agency", ""), "choices": agencies})
    return made


def failure(words: Words, report: Mapping[str, Any]) -> dict[str, str] | None:
    """Why nothing could be read, and what to do next; None where something was."""
    found = report.get("failure")
    if not found:
        return None
    text = words.failure(found["code"], found["fields"])
    return {"title": words.say("upload_unread"), "text": text, "next": next_of_failure(words, found)}


def next_of_failure(words: Words, failure: Mapping[str, Any]) -> str:
    """What can be done: say the encoding here where that was it, else mend the file and send it again."""
    unread = failure["code"] == "encoding_unfit"
    return words.say("upload_next_unread" if unread else "upload_next_other_file")


def is_empty(report: Mapping[str, Any]) -> bool:
    """Whether a file that was read has no rows: nothing to draft a layer from."""
    return not report.get("failure") and report.get("rows") == 0 and report.get("kind") != "raster"


def matching(saved: Saved, wanted: Wanted) -> int:
    """How many findings the filter keeps, from the report's own counts."""
    if wanted.rule is None:
        return int(saved.counts.get(wanted.severity, 0)) if wanted.severity else sum(saved.counts.values())
    return sum(
        int(each["count"])
        for each in saved.report.get("rules") or ()
        if each["rule"] == wanted.rule and wanted.severity in (None, each["severity"])
    )


def wrong_rows(saved: Saved) -> list[int]:
    """The rows with errors, once each, at most `LEAVE_MOST`."""
    lines = saved.findings("error", None, 0, LEAVE_MOST)
    return sorted({int(each["feature"]) for each in lines if each.get("feature") is not None})


def corrections(reading: Reading, found: Upload) -> list[dict[str, str]]:
    """What was corrected by hand, in words, each with the field of a form that takes it back."""
    words = reading.words
    made = []
    for each in found.said.edits:
        named: dict[str, Any] = {"row": each.row, "field": reading.field_title(each.field)}
        text = (
            words.say("upload_edited", value=each.value, **named)
            if each.value
            else words.say("upload_edited_empty", **named)
        )
        made.append({"text": text, "name": "restore", "value": f"{each.row}:{each.field}"})
    return made + [
        {"text": words.say("upload_left_out", row=row), "name": "take", "value": str(row)}
        for row in found.said.left_out
    ]


def noted(words: Words, note: str, found: Upload) -> str:
    """The publisher's note, with how many rows were left out and cells corrected by hand."""
    counts = {"left_out": len(found.said.left_out), "corrected": len(found.said.edits)}
    said = [words.say(f"upload_note_{name}", n=n) for name, n in counts.items() if n]
    return words.say("upload_note_join").join([each for each in (note, *said) if each])


def next_step(words: Words, report: Mapping[str, Any]) -> str:
    """What has to happen before publishing."""
    if report.get("failure"):
        return next_of_failure(words, report["failure"])
    if is_empty(report):
        return words.say("upload_next_empty")
    if report.get("draft"):
        return words.say("upload_next_draft")
    if not report.get("layer") or not report.get("agency"):
        return words.say("upload_next_layer")
    return words.say("upload_next_errors")


def published(store: Store, words: Words, found: Upload, actor: Actor) -> dict[str, Any] | None:
    """The version this upload became, and the way back."""
    if found.state != "published" or found.version is None:
        return None
    version = store.version(found.version, auditor=True)
    with store.database.read() as connection:
        withdrawn = version.id in ledger.withdrawals(connection)
    spec: LayerSpec = store.spec(version.layer)
    agency = next((each for each in store.workspace.city.agencies if each.code == version.agency), None)
    head = store.heads(version.layer, auditor=True).get(version.agency)
    is_head = head is not None and head.id == version.id
    return {
        "version": version,
        "layer_title": words.title(spec) or version.layer,
        "agency_title": words.title(agency, "name") if agency else version.agency,
        "previous": version.parent,
        "withdrawn": withdrawn,
        "diff": link(f"/layers/{version.layer}/diff", **{"from": version.parent, "to": version.id})
        if version.parent and not withdrawn and version.kind != "raster"
        else "",
        "undo": undo_of(actor, version, version.parent) if is_head and not withdrawn else None,
        "left_out": len(found.said.left_out),
        "corrected": len(found.said.edits),
    }


def token_field(token: str) -> Markup:
    """The hidden field every form carries, so that only pages of this session are answered."""
    return Markup('<input type="hidden" name="form_token" value="{}">').format(token)
