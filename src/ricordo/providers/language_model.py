"""A language model behind an OpenAI-compatible endpoint: POST /chat/completions, without streaming.

An answer is used only when it is whole and its citations are checked, so there is nothing to stream.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.providers.base import Completion, Message, Usage
from ricordo.providers.checks import check_messages, check_name
from ricordo.providers.endpoint import Endpoint, Route, clean
from ricordo.providers.meter import Meter
from ricordo.text.count import EstimatedTokens
from ricordo.types import TokenCounter

STYLES = ("chat", "reasoning")
#: A count past this is no count.
_MOST_TOKENS = 1 << 40
#: What a chat template adds to each message, about.
_PER_MESSAGE = 4


class EndpointLanguageModel:
    """A `LanguageModel` on a server. Safe to use from several threads.

    Args:
        endpoint: The server.
        model: The model's name there.
        style: "chat" sends max_tokens and temperature 0; "reasoning" sends max_completion_tokens in their place.
        price_in, price_out: What a million tokens cost.
        counter: Estimates tokens where the server does not say.

    Raises:
        InvalidInputError: An argument breaks a rule.

    >>> model = EndpointLanguageModel(Endpoint("http://localhost:8000/v1"), "qwen3-8b")
    >>> model.model_id, model.usage.calls
    ('qwen3-8b@localhost:8000', 0)
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        style: str = "chat",
        price_in: float = 0.0,
        price_out: float = 0.0,
        counter: TokenCounter | None = None,
    ) -> None:
        if style not in STYLES:
            raise InvalidInputError("style", f"one of {', '.join(STYLES)}", style)
        self._model = check_name("model", model)
        self._style = style
        self._counter = counter or EstimatedTokens()
        self._meter = Meter(price_in, price_out)
        self._endpoint = endpoint
        self._route = Route(endpoint, "/chat/completions", self.model_id, self._meter)

    @property
    def model_id(self) -> str:
        """The model's name and the server's."""
        return f"{self._model}@{self._endpoint.address.place}"

    @property
    def usage(self) -> Usage:
        """What it was used for so far."""
        return self._meter.usage

    def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float | None = None) -> Completion:
        """Return the model's answer; see `LanguageModel`.

        Raises:
            InvalidInputError: An argument breaks a rule.
            ModelError: The model failed, or rests.
        """
        check_messages(messages, max_tokens)
        sent = [{"role": one.role, "content": clean(one.content)} for one in messages]
        limit = (
            {"max_tokens": max_tokens, "temperature": 0}
            if self._style == "chat"
            else {"max_completion_tokens": max_tokens}
        )
        payload = {"model": self._model, "messages": sent, **limit, "stream": False}
        document = self._route.ask(payload, _read, timeout_s)
        completion = self._completed(sent, *document)
        self._meter.add(
            tokens_in=completion.tokens_in, tokens_out=completion.tokens_out, estimated=int(completion.estimated)
        )
        return completion

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._endpoint.close()

    def __repr__(self) -> str:
        return f"EndpointLanguageModel({self._endpoint!r}, {self._model!r})"

    def _completed(self, sent: list[dict[str, str]], text: str, cut: bool, usage: Any) -> Completion:
        tokens_in, tokens_out = tokens_of(usage, "prompt_tokens"), tokens_of(usage, "completion_tokens")
        if tokens_in is not None and tokens_out is not None:
            return Completion(text, tokens_in, tokens_out, cut=cut)
        guessed = sum(self._counter.count(one["content"]) + _PER_MESSAGE for one in sent)
        return Completion(text, guessed, self._counter.count(text), estimated=True, cut=cut)


def tokens_of(usage: Any, name: str) -> int | None:
    """Return a count of a server's `usage`, or None where it makes no sense."""
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int and 0 <= count < _MOST_TOKENS else None


def _read(document: Any) -> tuple[str, bool, Any]:
    """Take a reply apart: the text, whether it was cut, the usage. Errors never quote it."""
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ValueError("choices must be a list with an object")
    message = choices[0].get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):  # some servers send text in parts
        content = _joined(content)
    if not isinstance(content, str):
        raise ValueError("choices[0].message.content must be a text")
    return clean(content), choices[0].get("finish_reason") == "length", document.get("usage")


def _joined(parts: list[Any]) -> str | None:
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    known = [text for text in texts if isinstance(text, str)]
    return "".join(known) if known and len(known) == len(texts) else None
