"""A tool from two models and a function: its schemas, its call, and its errors as the protocol wants them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as Description
from pydantic import BaseModel, ConfigDict, ValidationError

from ricordo.errors import RicordoError
from ricordo.mcp.caller import Caller
from ricordo.observe.logs import logger

log = logger("mcp")


class Arguments(BaseModel):
    """The arguments of a tool: nothing else is taken."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    def given(self, *names: str) -> dict[str, Any]:
        """Return the arguments that were given, of those named, or all."""
        found = {name: getattr(self, name) for name in (names or type(self).model_fields)}
        return {name: value for name, value in found.items() if value is not None}


class Result(BaseModel):
    """What a tool returns; what is None or empty by default is left out."""


A = TypeVar("A", bound=Arguments)
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A, R]):
    """One tool.

    Args:
        name, title, description: What a model, and a person, read of it.
        arguments, result: The models of what it takes and returns.
        run: Does it.
        right: The right of the caller that it needs: "read" or "write".
        destructive: Whether it changes or takes away what is there, not only adds.
        idempotent: Whether the same call again does nothing more, also without a key.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    result: type[R]
    run: Callable[[Caller, A], R]
    right: str = "read"
    destructive: bool = False
    idempotent: bool = True

    def described(self) -> Description:
        """Return what `tools/list` tells of it."""
        reads = self.right == "read"
        return Description(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=_schema(self.arguments, "validation"),
            output_schema=_schema(self.result, "serialization"),
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=reads,
                destructive_hint=self.destructive,
                idempotent_hint=reads or self.idempotent,
                open_world_hint=False,
            ),
        )

    def call(self, caller: Caller, given: Mapping[str, Any] | None) -> CallToolResult:
        """Run it. What is wrong with the call is told in the result, for the model to read and mend."""
        try:
            arguments = self.arguments.model_validate(dict(given or {}))
            result = self.run(caller, arguments)
        except ValidationError as error:
            return failed(self._misfit(error))
        except RicordoError as error:
            return failed(_IN_OP.sub("", str(error)))
        except Exception as error:  # noqa: BLE001 the border of the surface: a model is told nothing of what broke
            log.error("tool failed", tool=self.name, error=error)
            return failed(f"{self.name}: something unexpected went wrong; the server's log has it")
        told = result.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=told)

    def _misfit(self, error: ValidationError) -> str:
        """Return what is wrong with the arguments, one line each, without what was given."""
        lines = []
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            wrong = f"{problem['msg'][:1].lower()}{problem['msg'][1:]}"
            if problem["type"] == "extra_forbidden":
                known = sorted(self.arguments.model_fields.items(), key=lambda field: not field[1].is_required())
                wrong = f"no argument of {self.name}, which takes {', '.join(name for name, _ in known)}"
            elif problem["type"] == "missing":
                wrong = "is required"
            lines.append(f"{'.'.join(map(str, problem['loc']))}: {wrong}")
        return "\n".join(dict.fromkeys(lines))


#: The place in a commit of one operation, which the caller of a tool knows nothing of.
_IN_OP = re.compile(r"^ops\[0\]\.?")


def failed(message: str) -> CallToolResult:
    """Return an error that the model is to read."""
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


def _schema(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """Return the JSON Schema of a model: what is required comes first, for a model reads from the top."""
    found = tidy(model.model_json_schema(mode=mode))
    del found["description"]
    required = found.get("required", ())
    fields = sorted(found["properties"].items(), key=lambda field: field[0] not in required)
    return {**found, "properties": dict(fields)}


def tidy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema without what only costs tokens: titles of fields, and null beside a type.

    >>> tidy({"title": "K", "type": "object", "properties": {"k": {"anyOf": [{"type": "integer"}, {"type": "null"}],
    ...     "default": None, "title": "K"}}})
    {'type': 'object', 'properties': {'k': {'type': 'integer'}}}
    """
    found = {name: value for name, value in schema.items() if name != "title" or not isinstance(value, str)}
    choices = [one for one in found.get("anyOf", ()) if one != {"type": "null"}]
    if choices:
        del found["anyOf"]
        found = {**(choices[0] if len(choices) == 1 else {"anyOf": choices}), **found}
    if "default" in found and found["default"] is None:
        del found["default"]
    return {name: _tidied(name, value) for name, value in found.items()}


def _tidied(name: str, value: Any) -> Any:
    if name in ("properties", "$defs"):
        return {key: tidy(one) for key, one in value.items()}
    if isinstance(value, Mapping):
        return tidy(value) if name in ("items", "additionalProperties") else value
    if isinstance(value, list) and name in ("anyOf", "oneOf", "allOf"):
        return [tidy(one) for one in value]
    return value


def by_name(tools: Iterable[Tool[Any, Any]]) -> dict[str, Tool[Any, Any]]:
    """Return tools by name, in the order they are told."""
    return {tool.name: tool for tool in tools}
