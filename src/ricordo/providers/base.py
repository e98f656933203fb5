"""What recall needs of models: vectors of texts, scores of texts, answers to messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Embedder(Protocol):
    """Turns texts into unit vectors.

    An embedder is safe to use from several threads. `ricordo.testing.embedders.EmbedderContract` holds its laws
    as tests that an implementation of your own can inherit.

    >>> from ricordo.testing.embedders import HashingEmbedder
    >>> embedder: Embedder = HashingEmbedder(dimension=8)
    >>> embedder.embed(["I moved to Lisbon.", "Ana likes tea."]).shape
    (2, 8)
    """

    @property
    def model_id(self) -> str:
        """Names the model and its weights; vectors of different ids are never compared."""

    @property
    def dimension(self) -> int:
        """The length of every vector."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one vector of length 1 for each text, in the order given.

        Args:
            texts: Any number of texts; an empty text has a vector too.

        Returns:
            float32, shape (len(texts), dimension); (0, dimension) for no texts. The caller may change it.

        Raises:
            InvalidInputError: `texts` is one string, or holds something that is not a text.
            ProviderError: The model can't be loaded or failed.
            MissingExtraError: An optional dependency is not installed.
        """


class Reranker(Protocol):
    """Scores how well texts answer a query, reading query and text together.

    A reranker is safe to use from several threads. `ricordo.testing.RerankerContract` holds its laws as tests.

    >>> from ricordo.testing import WordOverlapReranker
    >>> reranker: Reranker = WordOverlapReranker()
    >>> tea, rain = reranker.rank("Who likes tea?", ["Ana likes green tea.", "It rains."])
    >>> tea > rain
    True
    """

    @property
    def model_id(self) -> str:
        """Names the model; never a key."""

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return one finite score for each text, in the order given; more is better, the scale is the model's own.

        Raises:
            InvalidInputError: `texts` is one string, or something is not a text.
            ProviderError: The model failed.
        """


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a language model: `role` is "system", "user" or "assistant"."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model answered.

    Args:
        text: The answer.
        tokens_in, tokens_out: What was sent and answered, by the server's count; `estimated` where it gave none.
        cut: True where the answer ended at `max_tokens`.
    """

    text: str
    tokens_in: int
    tokens_out: int
    estimated: bool = False
    cut: bool = False


class LanguageModel(Protocol):
    """Answers messages with a text.

    A language model is safe to use from several threads. `ricordo.testing.LanguageModelContract` holds its laws as
    tests.

    >>> from ricordo.testing import ScriptedLanguageModel
    >>> model: LanguageModel = ScriptedLanguageModel(["Lisbon [1]"])
    >>> model.complete([Message("user", "Where is the office?")], max_tokens=20).text
    'Lisbon [1]'
    """

    @property
    def model_id(self) -> str:
        """Names the model; never a key."""

    def complete(self, messages: Sequence[Message], *, max_tokens: int, timeout_s: float | None = None) -> Completion:
        """Return the model's answer.

        Args:
            messages: What was said so far, at least one message.
            max_tokens: At most so many tokens of answer, at least 1.
            timeout_s: How long it may take, where that is less than the model's own bound.

        Raises:
            InvalidInputError: An argument breaks a rule.
            ProviderError: The model failed.
        """


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model was used for since it was made.

    Args:
        calls: Calls that were sent, those that failed too.
        failures: Calls that ended with an error.
        skipped: Calls that were not sent because the model kept failing.
        retries: Repeated attempts, all calls together.
        tokens_in, tokens_out: Tokens of the calls that succeeded. What a server bills for one that failed is not known.
        estimated: Calls whose tokens were estimated, because the server did not say.
        cost: What these tokens cost by the prices given.
    """

    calls: int = 0
    failures: int = 0
    skipped: int = 0
    retries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: int = 0
    cost: float = 0.0
