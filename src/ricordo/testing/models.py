"""Models without a model, and the laws that rerankers and language models keep."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ricordo.errors import InvalidInputError, ProviderError
from ricordo.providers.base import Completion, LanguageModel, Message, Reranker
from ricordo.providers.checks import check_messages, check_texts
from ricordo.text.count import EstimatedTokens

_WORD = re.compile(r"\w+")


class WordOverlapReranker:
    """A fake reranker: how many words of the query a text has.

    >>> WordOverlapReranker().rank("Who likes tea?", ["Ana likes tea.", "It rains."])
    [2.0, 0.0]
    """

    @property
    def model_id(self) -> str:
        """Names the method."""
        return "word-overlap"

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return one score for each text, in the order given.

        Raises:
            InvalidInputError: `texts` is one string, or something is not a text.
        """
        check_texts(query, texts)
        asked = set(_WORD.findall(query.casefold()))
        return [float(len(asked & set(_WORD.findall(text.casefold())))) for text in texts]


class ScriptedLanguageModel:
    """A fake language model: gives the replies it was told, in order, then the last one for ever.

    Args:
        replies: Texts; an error in place of one is raised.

    >>> model = ScriptedLanguageModel(["Lisbon [1]"])
    >>> model.complete([Message("user", "Where?")], max_tokens=9).text, model.asked[0][0].content
    ('Lisbon [1]', 'Where?')
    """

    def __init__(self, replies: Sequence[str | ProviderError] = ("Not remembered.",)) -> None:
        if isinstance(replies, str) or not replies:
            raise InvalidInputError("replies", "at least one reply, in a list", replies)
        self._replies = list(replies)
        self._lock = threading.Lock()
        #: The messages of each call so far.
        self.asked: list[tuple[Message, ...]] = []

    @property
    def model_id(self) -> str:
        """Names the method."""
        return "scripted"

    def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float | None = None) -> Completion:
        """Return the next reply, cut at `max_tokens` words.

        Raises:
            InvalidInputError: An argument breaks a rule.
            ProviderError: The script says so.
        """
        check_messages(messages, max_tokens)
        with self._lock:
            reply = self._replies[min(len(self.asked), len(self._replies) - 1)]
            self.asked.append(tuple(messages))
        if isinstance(reply, ProviderError):
            raise reply
        words = list(re.finditer(r"\S+", reply))
        cut = len(words) > max_tokens
        text = reply[: words[max_tokens - 1].end()] if cut else reply
        count = EstimatedTokens().count
        return Completion(text, sum(count(one.content) for one in messages), count(text), estimated=True, cut=cut)


class JsonLanguageModel:
    """A fake language model: reads the JSON document in the last message, and answers with one that a function makes.

    Args:
        answer: From the document (None where the message holds none) to what is to be answered: a text as it is,
            anything else as JSON. What it raises comes through.

    >>> model = JsonLanguageModel(lambda asked: {"queries": [asked["question"].lower()]})
    >>> model.complete([Message("user", '{"question": "WHERE"}')], max_tokens=9).text
    '{"queries": ["where"]}'
    """

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer
        #: The document of each call so far.
        self.asked: list[Any] = []

    @property
    def model_id(self) -> str:
        """Names the method."""
        return "json"

    def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float | None = None) -> Completion:
        """Return what the function makes of the last message.

        Raises:
            InvalidInputError: An argument breaks a rule.
        """
        check_messages(messages, max_tokens)
        try:
            document = json.loads(messages[-1].content)
        except ValueError:
            document = None
        self.asked.append(document)
        made = self._answer(document)
        text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
        count = EstimatedTokens().count
        return Completion(text, sum(count(one.content) for one in messages), count(text), estimated=True)


class RerankerContract:
    """The laws of `Reranker` as tests. Inherit, say how a reranker is made, and run pytest.

    >>> class TestMine(RerankerContract):
    ...     def make(self) -> Reranker:
    ...         return WordOverlapReranker()
    >>> TestMine().test_one_finite_score_for_each_text()
    """

    query = "Where does Ana live now?"
    texts: Sequence[str] = (
        "Ana told me that she does live in Lisbon now.",
        "It rains.",
        "",
        "東京に住んでいます 🙂",
        "tea \ud800 tea",
        "Ana told me " + "that the garden needs water, " * 20 + "again.",
    )

    def make(self) -> Reranker:
        """Return the reranker under test; each call may return the same one."""
        raise NotImplementedError

    def test_one_finite_score_for_each_text(self) -> None:
        scores = self.make().rank(self.query, self.texts)
        assert len(scores) == len(self.texts)
        assert all(type(score) is float and math.isfinite(score) for score in scores)

    def test_what_answers_scores_above_what_does_not(self) -> None:
        answers, rain = self.make().rank(self.query, self.texts[:2])
        assert answers > rain

    def test_scores_come_in_the_order_of_the_texts(self) -> None:
        rain, answers = self.make().rank(self.query, self.texts[1::-1])
        assert answers > rain

    def test_no_texts_have_no_scores(self) -> None:
        assert self.make().rank(self.query, []) == []

    def test_one_string_is_refused(self) -> None:
        assert _refused(lambda: self.make().rank(self.query, "not a list"))

    def test_what_is_no_text_is_refused(self) -> None:
        assert _refused(lambda: self.make().rank(self.query, ["a text", 3]))  # type: ignore[list-item]

    def test_model_id_is_stable(self) -> None:
        reranker = self.make()
        before = reranker.model_id
        reranker.rank(self.query, self.texts)
        assert before
        assert before == reranker.model_id == self.make().model_id

    def test_threads_may_share_a_reranker(self) -> None:
        reranker = self.make()
        with ThreadPoolExecutor(4) as pool:
            for answers, rain in pool.map(lambda _: reranker.rank(self.query, self.texts[:2]), range(8)):
                assert answers > rain


class LanguageModelContract:
    """The laws of `LanguageModel` as tests. Inherit, say how a model is made, and run pytest.

    >>> class TestMine(LanguageModelContract):
    ...     def make(self) -> LanguageModel:
    ...         return ScriptedLanguageModel(["Lisbon"])
    >>> TestMine().test_it_answers_with_a_text_and_its_cost()
    """

    messages: Sequence[Message] = (
        Message("system", "Answer with one word."),
        Message("user", "In which city is the Belém Tower? \ud800"),
    )

    def make(self) -> LanguageModel:
        """Return the model under test; each call may return the same one."""
        raise NotImplementedError

    def test_it_answers_with_a_text_and_its_cost(self) -> None:
        completion = self.make().complete(self.messages, max_tokens=64)
        completion.text.encode()
        assert completion.tokens_in > 0
        assert completion.tokens_out >= 0

    def test_it_bears_a_bound_on_its_time(self) -> None:
        assert isinstance(self.make().complete(self.messages, max_tokens=64, timeout_s=3600.0), Completion)

    def test_no_message_is_refused(self) -> None:
        assert _refused(lambda: self.make().complete([], max_tokens=64))

    def test_an_unknown_role_is_refused(self) -> None:
        message = Message("robot", "x")  # type: ignore[arg-type]
        assert _refused(lambda: self.make().complete([message], max_tokens=64))

    def test_no_tokens_are_refused(self) -> None:
        assert _refused(lambda: self.make().complete(self.messages, max_tokens=0))

    def test_model_id_is_stable(self) -> None:
        model = self.make()
        before = model.model_id
        model.complete(self.messages, max_tokens=64)
        assert before
        assert before == model.model_id == self.make().model_id

    def test_threads_may_share_a_model(self) -> None:
        model = self.make()
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: model.complete(self.messages, max_tokens=64), range(8)))
        assert len(done) == 8
        assert all(isinstance(one.text, str) for one in done)


def _refused(call: object) -> bool:
    assert callable(call)
    try:
        call()
    except InvalidInputError:
        return True
    return False
