"""The models that the settings name."""

from __future__ import annotations

from ricordo.config import Secret, Settings
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
    return EndpointLanguageModel(
        _endpoint(settings, "model", settings.model_url, settings.model_key, settings.model_timeout_s),
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
    return EndpointReranker(
        _endpoint(settings, "rerank" if own else "model", url, key, settings.rerank_timeout_s),
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


def _endpoint(settings: Settings, prefix: str, url: str, key: Secret, timeout_s: float) -> Endpoint:
    try:
        return Endpoint(url, key=key, timeout_s=timeout_s, retries=settings.model_retries)
    except InvalidInputError as error:
        error.field = f"{prefix}_{error.field}"
        error.args = (f"{prefix}_{error}",)
        raise
