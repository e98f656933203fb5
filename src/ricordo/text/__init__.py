"""Text: normalise, tokenise, count, find times. The only place that does."""

from ricordo.text.attributes import attribute_key, attribute_names
from ricordo.text.count import EstimatedTokens
from ricordo.text.gist import gist, same_value
from ricordo.text.normalise import duplicate_key, fold, name_key, name_words, one_edit, subject_key, without_brackets
from ricordo.text.rejected import name_like, rejected
from ricordo.text.tokenise import STOP_WORDS, Tokeniser

__all__ = [
    "STOP_WORDS",
    "EstimatedTokens",
    "Tokeniser",
    "attribute_key",
    "attribute_names",
    "duplicate_key",
    "fold",
    "gist",
    "name_key",
    "name_like",
    "name_words",
    "one_edit",
    "rejected",
    "same_value",
    "subject_key",
    "without_brackets",
]
