"""Text: normalise, tokenise, count, find times. The only place that does."""

from ricordo.text.count import EstimatedTokens
from ricordo.text.gist import gist, same_value
from ricordo.text.normalise import duplicate_key, fold, name_key, name_words, one_edit, without_brackets
from ricordo.text.rejected import name_like, rejected
from ricordo.text.state_rules import RULES, StateRule, asked_attributes
from ricordo.text.states import Told, only_states, states
from ricordo.text.tokenise import STOP_WORDS, Tokeniser

__all__ = [
    "RULES",
    "STOP_WORDS",
    "EstimatedTokens",
    "StateRule",
    "Tokeniser",
    "Told",
    "asked_attributes",
    "duplicate_key",
    "fold",
    "gist",
    "name_key",
    "name_like",
    "name_words",
    "one_edit",
    "only_states",
    "rejected",
    "same_value",
    "states",
    "without_brackets",
]
