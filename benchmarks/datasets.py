"""Evidence-recall data sets as documents and questions. Files are read from a path; nothing of them is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

from benchmarks.common import read_json

from ricordo.formats.times import read_time

#: The categories of LoCoMo's questions, as its authors number them.
LOCOMO_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
#: LoCoMo's questions that have no answer in the conversation are scored apart.
APART = "adversarial"
_TURN = re.compile(r"D:?(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to remember.

    Args:
        ref: The id it is told by.
        raw: Its bare text, as plain full-text search would get it.
        spoken: Its text with speaker or title, as the better baselines get it.
        item: The arguments of `retain`.
    """

    ref: str
    raw: str
    spoken: str
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the refs of its evidence, and the group it is reported in."""

    text: str
    evidence: frozenset[str]
    group: str


@dataclass(frozen=True, slots=True)
class Space:
    """Documents that one memory holds, and the questions put to it."""

    name: str
    documents: Sequence[Document]
    questions: Sequence[Question] = field(default_factory=tuple)


def load(format: str, path: Path, corpus: Path | None = None) -> list[Space]:
    """Read a data set.

    Args:
        format: "locomo", "hotpotqa" or "musique".
        path: The file of questions; for LoCoMo the one file there is.
        corpus: The file of passages; without it, the passages that come with the questions.
    """
    if format == "locomo":
        return [_conversation(number, one) for number, one in enumerate(read_json(path))]
    questions = read_json(path)
    read = _hotpotqa if format == "hotpotqa" else _musique
    return [read(questions, read_json(corpus) if corpus else None)]


def repaired(evidence: Any) -> list[str]:
    """Return turn ids, well formed; LoCoMo has a few that are not.

    >>> repaired(["D8:6; D9:17", "D:11:26", "D30:05", "D"])
    ['D8:6', 'D9:17', 'D11:26', 'D30:5']
    """
    written = evidence if isinstance(evidence, list) else [evidence]
    return [f"D{int(match[1])}:{int(match[2])}" for text in written for match in _TURN.finditer(str(text))]


def _conversation(number: int, sample: Mapping[str, Any]) -> Space:
    talk = sample["conversation"]
    sessions = sorted(
        (int(match[1]), turns)
        for name, turns in talk.items()
        if (match := re.fullmatch(r"session_(\d+)", name)) and isinstance(turns, list)
    )
    documents = [
        _turn(turn, session, read_time(talk[f"session_{session}_date_time"], UTC).isoformat())
        for session, turns in sessions
        for turn in turns
    ]
    known = {document.ref for document in documents}
    questions = [question for one in sample["qa"] if (question := _locomo_question(one, known))]
    return Space(str(sample.get("sample_id", number)), documents, questions)


def _turn(turn: Mapping[str, Any], session: int, at: str) -> Document:
    text, caption = str(turn.get("text") or ""), turn.get("blip_caption")
    content = (f"{text} [shares {caption}]" if caption else text).strip()
    item = {"content": content, "speaker": turn["speaker"], "session": f"s{session}", "at": at, "ref": turn["dia_id"]}
    return Document(turn["dia_id"], text, f"{turn['speaker']}: {content}", item)


def _locomo_question(one: Mapping[str, Any], known: set[str]) -> Question | None:
    evidence = frozenset(repaired(one.get("evidence", []))) & known
    group = LOCOMO_CATEGORIES.get(one.get("category", 0), "other")
    return Question(str(one["question"]), evidence, group) if evidence else None


def _hotpotqa(questions: Sequence[Mapping[str, Any]], corpus: Any) -> Space:
    given: Mapping[str, Sequence[str]] = corpus or {
        title: sentences for one in questions for title, sentences in one["context"]
    }
    documents = [_passage(spot, title, "".join(parts)) for spot, (title, parts) in enumerate(given.items())]
    refs = _by(document.item["title"] for document in documents)
    asked = [
        Question(one["question"], _refs(refs, {title for title, _ in one["supporting_facts"]}), str(one["type"]))
        for one in questions
    ]
    return Space("hotpotqa", documents, [question for question in asked if question.evidence])


def _musique(questions: Sequence[Mapping[str, Any]], corpus: Any) -> Space:
    paragraphs = (paragraph for one in questions for paragraph in one["paragraphs"])
    given = corpus or [{"title": one["title"], "text": one["paragraph_text"]} for one in paragraphs]
    pairs = list(dict.fromkeys((one["title"], one["text"]) for one in given))
    documents = [_passage(spot, title, text) for spot, (title, text) in enumerate(pairs)]
    refs = _by(pairs)
    asked = []
    for one in questions:
        gold = {(part["title"], part["paragraph_text"]) for part in one["paragraphs"] if part["is_supporting"]}
        asked.append(Question(one["question"], _refs(refs, gold), str(one["id"]).split("_")[0]))
    return Space("musique", documents, [question for question in asked if question.evidence])


def _passage(spot: int, title: str, text: str) -> Document:
    ref = f"{spot}/{title}"[:500]
    item = {"content": text if text.strip() else title, "title": title, "ref": ref}
    return Document(ref, f"{title} {text}", f"{title} {text}", item)


def _by(keys: Iterator[Any] | Sequence[Any]) -> dict[Any, list[str]]:
    """Return the refs of passages by what questions name them by."""
    refs: dict[Any, list[str]] = {}
    for spot, key in enumerate(keys):
        title = key if isinstance(key, str) else key[0]
        refs.setdefault(key, []).append(f"{spot}/{title}"[:500])
    return refs


def _refs(refs: Mapping[Any, Sequence[str]], gold: set[Any]) -> frozenset[str]:
    return frozenset(ref for key in gold for ref in refs.get(key, ()))
