"""A reranker behind an endpoint: POST /rerank as Jina, Cohere, vLLM, llama.cpp and text-embeddings-inference have it.

Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (Re-rank API),
https://huggingface.github.io/text-embeddings-inference
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.providers.base import Usage
from ricordo.providers.checks import check_name, check_texts
from ricordo.providers.endpoint import Endpoint, Route, clean
from ricordo.providers.language_model import tokens_of
from ricordo.providers.meter import Meter
from ricordo.text.count import EstimatedTokens
from ricordo.types import TokenCounter

FIELDS = ("documents", "texts")
#: No model scores so high; what does would make the scaled scores of the others meaningless.
_LARGEST_SCORE = 1e9


class EndpointReranker:
    """A `Reranker` on a server. Safe to use from several threads.

    Args:
        endpoint: The server.
        model: The model's name there.
        field: What the server calls the texts: "documents" or "texts".
        price: What a million tokens cost.
        counter: Estimates tokens where the server does not say.

    Raises:
        InvalidInputError: An argument breaks a rule.

    >>> EndpointReranker(Endpoint("http://localhost:8080/v1"), "bge-reranker-v2-m3").model_id
    'bge-reranker-v2-m3@localhost:8080'
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        field: str = "documents",
        price: float = 0.0,
        counter: TokenCounter | None = None,
    ) -> None:
        if field not in FIELDS:
            raise InvalidInputError("field", f"one of {', '.join(FIELDS)}", field)
        self._model = check_name("model", model)
        self._field = field
        self._counter = counter or EstimatedTokens()
        self._meter = Meter(price)
        self._endpoint = endpoint
        self._route = Route(endpoint, "/rerank", self.model_id, self._meter)

    @property
    def model_id(self) -> str:
        """The model's name and the server's."""
        return f"{self._model}@{self._endpoint.address.place}"

    @property
    def usage(self) -> Usage:
        """What it was used for so far."""
        return self._meter.usage

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return one score for each text; see `Reranker`. No texts are no call.

        Raises:
            InvalidInputError: An argument breaks a rule.
            ModelError: The model failed, or rests.
        """
        check_texts(query, texts)
        if not texts:
            return []
        sent = [clean(text) for text in texts]
        payload = {"model": self._model, "query": clean(query), self._field: sent}
        scores, usage = self._route.ask(payload, _reader(len(sent)))
        tokens = tokens_of(usage, "prompt_tokens") or tokens_of(usage, "total_tokens")
        if tokens is None:
            asked = self._counter.count(query)
            guessed = sum(self._counter.count(text) + asked for text in sent)
            self._meter.add(tokens_in=guessed, estimated=1)
        else:
            self._meter.add(tokens_in=tokens)
        return scores

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._endpoint.close()

    def __repr__(self) -> str:
        return f"EndpointReranker({self._endpoint!r}, {self._model!r})"


def _reader(count: int) -> Callable[[Any], tuple[list[float], Any]]:
    def read(document: Any) -> tuple[list[float], Any]:
        # text-embeddings-inference sends the list itself.
        results = document.get("results") if isinstance(document, dict) else document
        if not isinstance(results, list) or len(results) != count:
            raise ValueError(f"results must be a list of {count} objects")
        scores: dict[int, float] = dict(map(_score, results))
        if scores.keys() != set(range(count)):
            raise ValueError(f"every index from 0 to {count - 1} must be there once")
        return [scores[place] for place in range(count)], document.get("usage") if isinstance(document, dict) else None

    return read


def _score(result: Any) -> tuple[int, float]:
    if not isinstance(result, dict):
        raise ValueError("each of results must be an object")
    place: Any = result.get("index")
    score: Any = result.get("relevance_score", result.get("score"))
    if type(place) is not int or type(score) not in (int, float) or not abs(score) <= _LARGEST_SCORE:
        raise ValueError("each of results must have a whole number as index and a finite relevance_score")
    return place, float(score)
