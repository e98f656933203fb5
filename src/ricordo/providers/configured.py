"""The models that the settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.providers.endpoint import Endpoint
from ricordo.providers.language_model import EndpointLanguageModel
from ricordo.providers.reranker import EndpointReranker
from ricordo.providers.transport import Address


def language_model_of(settings: Settings) -> EndpointLanguageModel | None:
    """Return the language model that is set, or None. Nothing is sent.

    Raises:
        InvalidInputError: A setting breaks a rule, or one is missing.
    """
    if not settings.model:
        return None
    if not settings.model_url:
        raise InvalidInputError("model_url", "the address of the server, because model is set")
    with _named({"model": "model"}, "model"):
        return EndpointLanguageModel(
            Endpoint(
                settings.model_url,
                key=settings.model_key,
                timeout_s=settings.model_timeout_s,
                retries=settings.model_retries,
            ),
            settings.model,
            style=settings.model_style,
            price_in=settings.model_price_in,
            price_out=settings.model_price_out,
        )


def reranker_of(settings: Settings) -> EndpointReranker | None:
    """Return the reranker that is set, or None. Nothing is sent.

    Raises:
        InvalidInputError: A setting breaks a rule, or one is missing.
    """
    if not settings.rerank_model:
        return None
    if not (settings.rerank_url or settings.model_url):
        raise InvalidInputError("rerank_url", "the address of the server, because rerank_model is set")
    # A server of its own has a key of its own.
    own = bool(settings.rerank_url)
    url, key = (settings.rerank_url, settings.rerank_key) if own else (settings.model_url, settings.model_key)
    shared = {} if own else {"url": "model_url", "key": "model_key"}
    with _named({**shared, "retries": "model_retries"}, "rerank"):
        return EndpointReranker(
            Endpoint(url, key=key, timeout_s=settings.rerank_timeout_s, retries=settings.model_retries),
            settings.rerank_model,
            field=settings.rerank_field,
            price=settings.rerank_price,
        )


def in_the_clear(settings: Settings) -> list[str]:
    """Return the settings whose key would cross a network unencrypted."""
    pairs = (
        ("model_url", settings.model_url, settings.model_key),
        ("rerank_url", settings.rerank_url, settings.rerank_key),
    )
    read = [(name, Address.read(name, url)) for name, url, key in pairs if url and key]
    return [name for name, address in read if address.scheme == "http" and not address.local]


@contextmanager
def _named(settings: Mapping[str, str], prefix: str) -> Iterator[None]:
    """Raise an error about an argument as one about the setting it came from."""
    try:
        yield
    except InvalidInputError as error:
        rule = str(error).removeprefix(f"{error.field}: ")
        raise InvalidInputError(settings.get(error.field, f"{prefix}_{error.field}"), rule) from None
