"""The one prompt: a question together with what the memory holds of it."""

from __future__ import annotations

from mcp_types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from ricordo.errors import InvalidInputError
from ricordo.mcp.caller import Caller

NAME, ARGUMENT = "with_memory", "question"
_TOKENS = 1500
_ASKED = "Answer with what the memory holds of it, and say so where it holds nothing."


def described() -> Prompt:
    """Return what `prompts/list` tells of it."""
    return Prompt(
        name=NAME,
        title="Ask with memory",
        description="A question, with what is remembered of it put before it.",
        arguments=[PromptArgument(name=ARGUMENT, description="The question.", required=True)],
    )


def made(caller: Caller, question: str | None) -> GetPromptResult:
    """Return the message that asks a question with memory.

    Raises:
        InvalidInputError: There is no question.
    """
    if question is None or not question.strip():
        raise InvalidInputError(ARGUMENT, "the question to ask", question)
    found = caller.reading().recall(question, max_tokens=_TOKENS)
    caller.deliver(found, "recall")
    remembered = found.text or "The memory holds nothing of this."
    text = f"{remembered}\n\n{_ASKED}\n\n{question}"
    return GetPromptResult(
        description=f"{len(found)} remembered records, and the question.",
        messages=[PromptMessage(role="user", content=TextContent(type="text", text=text))],
    )
