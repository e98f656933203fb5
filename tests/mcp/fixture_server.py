"""A server with the tools, resources and prompts that the conformance suite names, behind our transport and our gate.

Run as a program it prints its address. Each request is given a key on its way in, for the suite has none to send.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    ClientCapabilities,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    MissingRequiredClientCapabilityErrorData,
    PromptMessage,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import Field

from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send
from ricordo.config import Settings
from ricordo.mcp.http import guarded, serve
from ricordo.mcp.transport import Transport

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
#: Between notifications, as the suite asks.
PAUSE_S = 0.05
SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
CHOICES = ["one", "two", "three"]
TITLED = [{"const": value, "title": value.title()} for value in CHOICES]

server = MCPServer("ricordo-fixtures", version="1", log_level="CRITICAL")


def text_resource(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


# -- tools that answer at once ----------------------------------------------------------------------------------------


@server.tool(structured_output=False)
def test_simple_text() -> str:
    """Returns text."""
    return "This is a simple text response for testing."


@server.tool(structured_output=False)
def test_image_content() -> list[ImageContent]:
    """Returns an image."""
    return [ImageContent(type="image", data=PIXEL, mime_type="image/png")]


@server.tool(structured_output=False)
def test_audio_content() -> list[AudioContent]:
    """Returns a sound."""
    return [AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")]


@server.tool(structured_output=False)
def test_embedded_resource() -> list[EmbeddedResource]:
    """Returns a resource."""
    return [text_resource("test://embedded-resource", "This is an embedded resource content.")]


@server.tool(structured_output=False)
def test_multiple_content_types() -> list[Any]:
    """Returns text, an image and a resource."""
    data = json.dumps({"test": "data", "value": 123})
    return [
        TextContent(type="text", text="Multiple content types test:"),
        ImageContent(type="image", data=PIXEL, mime_type="image/png"),
        text_resource("test://mixed-content-resource", data, "application/json"),
    ]


@server.tool(structured_output=False)
def test_error_handling() -> str:
    """Fails."""
    raise ToolError("This tool intentionally returns an error for testing")


@server.tool(structured_output=False)
def test_custom_headers(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Takes an argument that is also a header."""
    return region


# -- tools that tell how they get on ----------------------------------------------------------------------------------


async def say(context: Context[Any, Any], text: str) -> None:
    await context.session.send_log_message(level="info", data=text, related_request_id=context.request_id)


@server.tool(structured_output=False)
async def test_tool_with_logging(context: Context[Any, Any]) -> str:
    """Logs three times."""
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await say(context, text)
        await anyio.sleep(PAUSE_S)
    return "done"


@server.tool(structured_output=False)
async def test_logging_tool(context: Context[Any, Any]) -> str:
    """Logs once."""
    await say(context, "logged")
    return "done"


@server.tool(structured_output=False)
async def test_tool_with_progress(context: Context[Any, Any]) -> str:
    """Reports progress three times."""
    for progress in (0, 50, 100):
        await context.report_progress(progress, 100, f"{progress} of 100")
        await anyio.sleep(PAUSE_S)
    return "done"


@server.tool(structured_output=False)
async def test_trigger_tool_change(context: Context[Any, Any]) -> str:
    """Says that the tools have changed."""
    await context.notify_tools_changed()
    return "done"


@server.tool(structured_output=False)
async def test_trigger_prompt_change(context: Context[Any, Any]) -> str:
    """Says that the prompts have changed."""
    await context.notify_prompts_changed()
    return "done"


# -- tools that ask back, before 2026-07-28 ---------------------------------------------------------------------------


@server.tool(structured_output=False)
async def test_sampling(prompt: str, context: Context[Any, Any]) -> str:
    """Asks the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await context.session.create_message(
        messages=[message], max_tokens=100, related_request_id=context.request_id
    )
    return f"LLM response: {getattr(answer.content, 'text', '')}"


async def elicited(context: Context[Any, Any], message: str, schema: dict[str, Any]) -> str:
    answer = await context.session.elicit_form(message, schema, related_request_id=context.request_id)
    return f"action={answer.action}, content={json.dumps(answer.content)}"


def form(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


@server.tool(structured_output=False)
async def test_elicitation(message: str, context: Context[Any, Any]) -> str:
    """Asks the user."""
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return f"User response: {await elicited(context, message, form(properties, 'username', 'email'))}"


@server.tool(structured_output=False)
async def test_elicitation_sep1034_defaults(context: Context[Any, Any]) -> str:
    """Asks the user, with a default for each type."""
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return f"Elicitation completed: {await elicited(context, 'Who are you?', form(properties))}"


@server.tool(structured_output=False)
async def test_elicitation_sep1330_enums(context: Context[Any, Any]) -> str:
    """Asks the user to choose, in each way there is."""
    properties = {
        "untitledSingle": {"type": "string", "enum": CHOICES},
        "titledSingle": {"type": "string", "oneOf": TITLED},
        "legacyEnum": {"type": "string", "enum": CHOICES, "enumNames": [value.title() for value in CHOICES]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": CHOICES}},
        "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
    }
    return f"Elicitation completed: {await elicited(context, 'Choose.', form(properties))}"


# -- tools that ask back, since 2026-07-28 ----------------------------------------------------------------------------

Asked = InputRequiredResult | str


def asking(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = form({name: {"type": kind}}, name)
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(text: str, max_tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def answered(context: Context[Any, Any], asked: str, name: str) -> Any:
    """Return what the user gave, or None where the answer is missing or of another shape."""
    answer = (context.input_responses or {}).get(asked)
    return (answer.content or {}).get(name) if isinstance(answer, ElicitResult) else None


def require(state: str | None = None, **requests: InputRequest) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


@server.tool(structured_output=False)
async def test_input_required_result_elicitation(context: Context[Any, Any]) -> Asked:
    """Asks for a name."""
    name = answered(context, "user_name", "name")
    return require(user_name=asking("What is your name?", "name")) if name is None else f"Hello, {name}!"


@server.tool(structured_output=False)
async def test_streaming_elicitation(context: Context[Any, Any]) -> Asked:
    """Asks for a name, after a notification."""
    await context.report_progress(0, 1)
    return require(user_name=asking("What is your name?", "name"))


@server.tool(structured_output=False)
async def test_input_required_result_sampling(context: Context[Any, Any]) -> Asked:
    """Asks the client's model."""
    answer = (context.input_responses or {}).get("capital_question")
    if answer is None:
        return require(capital_question=sampling("What is the capital of France?", 100))
    return str(getattr(getattr(answer, "content", None), "text", answer))


@server.tool(structured_output=False)
async def test_input_required_result_list_roots(context: Context[Any, Any]) -> Asked:
    """Asks for the roots."""
    answer = (context.input_responses or {}).get("client_roots")
    if answer is None:
        return require(client_roots=ListRootsRequest())
    return "Roots: " + ", ".join(str(root.uri) for root in getattr(answer, "roots", ()))


async def _confirmed(context: Context[Any, Any]) -> Asked:
    if context.request_state != "awaiting" or answered(context, "confirm", "ok") is None:
        return require("awaiting", confirm=asking("Please confirm", "ok", "boolean"))
    return "state-ok"


@server.tool(structured_output=False)
async def test_input_required_result_request_state(context: Context[Any, Any]) -> Asked:
    """Asks, and wants its state back."""
    return await _confirmed(context)


@server.tool(structured_output=False)
async def test_input_required_result_tampered_state(context: Context[Any, Any]) -> Asked:
    """Asks, and takes no state but its own."""
    return await _confirmed(context)


@server.tool(structured_output=False)
async def test_input_required_result_multiple_inputs(context: Context[Any, Any]) -> Asked:
    """Asks three things at once."""
    wanted: dict[str, InputRequest] = {
        "user_name": asking("What is your name?", "name"),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    missing = wanted.keys() - (context.input_responses or {}).keys()
    return require("three", **wanted) if missing else "all three"


@server.tool(structured_output=False)
async def test_input_required_result_multi_round(context: Context[Any, Any]) -> Asked:
    """Asks twice, one after the other."""
    state: dict[str, str] = json.loads(context.request_state or "{}")
    if (name := answered(context, "step1", "name") or state.get("name")) is None:
        return require("{}", step1=asking("Step 1: What is your name?", "name"))
    if (color := answered(context, "step2", "color")) is None:
        asked = asking("Step 2: What is your favorite color?", "color")
        return require(json.dumps({"name": name}), step2=asked)
    return f"{name} likes {color}"


@server.tool(structured_output=False)
async def test_input_required_result_capabilities(context: Context[Any, Any]) -> Asked:
    """Asks only what the client can answer."""
    able = context.client_capabilities or ClientCapabilities()
    wanted: dict[str, InputRequest] = {}
    if able.sampling is not None:
        wanted["greeting"] = sampling("Generate a greeting", 50)
    if able.elicitation is not None:
        wanted["user_name"] = asking("What is your name?", "name")
    return require(**wanted) if wanted else "nothing to ask"


@server.tool(structured_output=False)
async def test_missing_capability(context: Context[Any, Any]) -> str:
    """Needs a client that can ask a model."""
    if context.client_capabilities is None or context.client_capabilities.sampling is None:
        needed = ClientCapabilities.model_validate({"sampling": {}})
        data = MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
        told = data.model_dump(by_alias=True, mode="json", exclude_none=True)
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "sampling is needed", told)
    return "done"


# -- resources --------------------------------------------------------------------------------------------------------


@server.resource("test://static-text", mime_type="text/plain", description="Text.")
def static_text() -> str:
    return "This is the content of the static text resource."


@server.resource("test://static-binary", mime_type="image/png", description="An image.")
def static_binary() -> bytes:
    return base64.b64decode(PIXEL)


@server.resource("test://watched-resource", mime_type="text/plain", description="Text that may be watched.")
def watched() -> str:
    return "Watched resource content"


@server.resource("test://template/{id}/data", mime_type="application/json", description="By id.")
def template(id: str) -> str:
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


# -- prompts ----------------------------------------------------------------------------------------------------------


def prompted(content: Any) -> dict[str, Any]:
    return PromptMessage(role="user", content=content).model_dump()


@server.prompt(description="Text.")
def test_simple_prompt() -> str:
    return "This is a simple prompt for testing."


@server.prompt(description="Two arguments.")
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@server.prompt(description="A resource.")
def test_prompt_with_embedded_resource(resourceUri: str) -> list[Any]:  # noqa: N803 the suite's own name
    text = TextContent(type="text", text="Please process the embedded resource above.")
    return [text_resource(resourceUri, "Embedded resource content for testing."), text]


@server.prompt(description="An image.")
def test_prompt_with_image() -> list[Any]:
    image = ImageContent(type="image", data=PIXEL, mime_type="image/png")
    return [image, TextContent(type="text", text="Please analyze the image above.")]


@server.prompt(description="Asks for its context.")
async def test_input_required_result_prompt(context: Context[Any, Any]) -> Any:
    given = answered(context, "user_context", "context")
    if given is None:
        return require(user_context=asking("What context should the prompt use?", "context"))
    return f"Context: {given}"


# -- what has no decorator --------------------------------------------------------------------------------------------


async def complete(context: Any, params: Any) -> CompleteResult:
    return CompleteResult(completion=Completion(values=["paris", "park", "party"], total=3, has_more=False))


async def acknowledge(context: Any, params: Any) -> EmptyResult:
    return EmptyResult()


def schema_tool() -> Tool:
    def json_schema_2020_12_tool() -> str:
        """Has an input schema with all that JSON Schema 2020-12 knows."""
        return "done"

    tool = Tool.from_function(json_schema_2020_12_tool, structured_output=False)
    return tool.model_copy(update={"parameters": SCHEMA_2020_12})


def with_key(app: ASGIApp, secret: str) -> ASGIApp:
    """Return an application whose requests all have a key."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], (b"authorization", f"Bearer {secret}".encode())]
        await app(scope, receive, send)

    return called


def main() -> None:
    server._tool_manager._tools["json_schema_2020_12_tool"] = schema_tool()
    low = server._lowlevel_server
    low.add_request_handler("completion/complete", CompleteRequestParams, complete)
    low.add_request_handler("logging/setLevel", SetLevelRequestParams, acknowledge)
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, acknowledge)
    low.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, acknowledge)
    settings = Settings(mcp_port=0)
    with tempfile.TemporaryDirectory() as folder, Keys.open(Path(folder)) as keys:
        _, secret = keys.issue(principal="conformance")
        app = with_key(guarded(Transport(low, settings, sessions=True), keys, settings), secret)
        serve(app, settings, lambda url: print(url, file=sys.stderr, flush=True))


if __name__ == "__main__":
    main()
