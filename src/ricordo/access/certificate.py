"""Until when a certificate is good: read from its DER form (RFC 5280, 4.1), which needs no library."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_VERSION, _UTC_TIME, _TIME = 0xA0, 0x17, 0x18


def expires_at(pem: str) -> datetime:
    """Return until when the first certificate of a chain is good.

    Args:
        pem: Certificates in PEM form, the server's own first.

    Raises:
        ValueError: There is no certificate, or it can't be read.
    """
    begin, end = pem.find(_BEGIN), pem.find(_END)
    if begin < 0 or end < begin:
        raise ValueError("no certificate in PEM form")
    whole = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])
    try:
        _, certificate = next(_parts(whole))
        _, signed = next(_parts(certificate))
        fields = [part for part in _parts(signed) if part[0] != _VERSION]
        _, (tag, text) = _parts(fields[3][1])  # after serial number, algorithm, issuer: not before, not after
    except (IndexError, StopIteration) as error:
        raise ValueError("a certificate that can't be read") from error
    return _time(tag, text.decode("ascii"))


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size]), at + size
        yield tag, der[at : at + length]
        at += length


def _time(tag: int, text: str) -> datetime:
    if tag == _TIME:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if tag != _UTC_TIME:
        raise ValueError("a certificate without a time")
    century = "19" if text[:2] >= "50" else "20"  # RFC 5280, 4.1.2.5.1
    return datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
