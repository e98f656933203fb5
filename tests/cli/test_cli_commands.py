"""Every command: its help, its text, its JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from ricordo import Change, Item, Memory, Recall, Record, Stats, Verdict
from ricordo.cli import main
from ricordo.cli.app import Command, Root
from ricordo.plaintext.draft import ARGUMENTS
from ricordo.plaintext.explain import explain
from ricordo.testing import Act, EndpointServer, JsonLanguageModel

Run = Callable[..., Result]
Ask = Callable[..., Any]
assert isinstance(main, Root)
COMMANDS = {
    f"{name} {inner}".strip(): one
    for name, command in main.commands.items()
    for inner, one in (command.commands if isinstance(command, click.Group) else {"": command}).items()
}
LISBON = (
    "retain", "I moved to Lisbon last week.", "--speaker", "Ada", "--scope", "user:ada",
    "--at", "2026-05-03T10:00Z", "--ref", "D3:7",
)  # fmt: skip


def names(of: type) -> set[str]:
    return {field.name for field in fields(of)}


def home(ask: Ask, city: str, at: str) -> Any:
    slot = ("--subject", "Ada", "--attribute", "home", "--value", city)
    return ask("retain", f"Ada lives in {city}.", *slot, "--at", at)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_a_purpose_and_an_example_that_parses(name: str, run: Run) -> None:
    command = COMMANDS[name]
    text = run(*name.split(), "--help").stdout
    assert (command.help or "").split("\n")[0].endswith(".")
    assert len(command.get_short_help_str(64)) <= 64
    assert "..." not in command.get_short_help_str(64)
    examples = [line.strip() for line in text.partition("Examples:")[2].splitlines() if line.strip()]
    assert examples
    for example in examples:
        words = shlex.split(example.removeprefix('eval "$(').removesuffix(')"').partition("| ")[2] or example)
        words = words[: words.index(">")] if ">" in words else words
        words = words[: words.index("&&")] if "&&" in words else words
        words = shlex.split(words[1].removeprefix("$(").removesuffix(")")) if words[0] == "eval" else words
        assert words[0] == "ricordo"
        with main.make_context("ricordo", words[1:], resilient_parsing=True):
            pass


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_space_and_every_option_a_help(name: str) -> None:
    command = COMMANDS[name]
    assert isinstance(command, Command)
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", *(() if name.startswith("keys ") else ("--space",))} <= options
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help


def test_bare_help_and_version(run: Run) -> None:
    text = run("--help").stdout
    assert all(f"\n  {name} " in text for name in main.commands)
    assert run("--version").stdout.startswith("ricordo ")


def test_retain_takes_every_argument_of_the_library() -> None:
    known = {parameter.name for parameter in COMMANDS["retain"].params}
    assert known >= ARGUMENTS


def test_retain_all_arguments(ask: Ask) -> None:
    first = ask("retain", "The plan.")["record"]["id"]
    verdict = ask(
        "retain", "Ada prefers tea.", "--kind", "preference", "--speaker", "Ada", "--session", "s1", "--title", "Tea",
        "--scope", "user:ada", "--at", "2026-05-03T10:00Z", "--valid-from", "2026-05", "--valid-to", "2027",
        "--ref", "r1", "--key", "k1", "--subject", "Ada", "--attribute", "drink", "--value", "tea",
        "--cardinality", "many", "--name", "tea time", "--alias", "teatime", "--alias", "tea break", "--why", "asked",
        "--pinned", "--expires-at", "2030-01-01T00:00Z", "--meta", "n=3", "--meta", "t=x=y", "--meta", 'l=["a"]',
        "--derivation", "observed", "--link", f"about:{first}", "--if-version", "0",
    )  # fmt: skip
    assert set(verdict) == names(Verdict)
    record = verdict["record"]
    assert set(record) == names(Record)
    assert record["metadata"] == {"n": 3, "t": "x=y", "l": ["a"]}
    assert record["aliases"] == ["teatime", "tea break"]
    assert record["links"] == [{"type": "about", "target": first}]
    assert record["said_at"] == "2026-05-03T10:00:00Z"
    assert (record["valid_from"], record["valid_to"]) == ("2026-05-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert record["pinned"] is True
    assert (record["cardinality"], record["derivation"], record["why"]) == ("many", "observed", "asked")


@pytest.mark.parametrize("arguments", [["retain"], ["retain", "-"]])
def test_retain_reads_standard_input(arguments: list[str], ask: Ask) -> None:
    assert ask(*arguments, input="Zürich ☕\nis far.\n")["record"]["content"] == "Zürich ☕\nis far."


def test_retain_messages(ask: Ask, tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Hello."}, {"role": "system", "content": "x"}]
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(chat))
    verdicts = ask("retain", "--messages", str(file), "--session", "s1")
    assert [verdict["record"]["speaker"] for verdict in verdicts] == ["user"]
    again = ask("retain", "--messages", "-", "--session", "s1", input=file.read_text())
    assert again[0]["repeated"] is True


def test_retain_text(run: Run) -> None:
    assert run(*LISBON).stdout.startswith("added observation ")
    assert "repeated" in run(*LISBON).stdout


def test_retain_shows_what_a_text_told(run: Run, ask: Ask) -> None:
    """Below the text one line for each state: what became of it, its slot, the rule, its id."""
    run("retain", "I live in Porto.", "--speaker", "Ada", "--at", "2025-01-05")
    shown = run("retain", "I moved to Lisbon and I like jazz.", "--speaker", "Ada", "--at", "2026-05-03").stdout
    told = [line.split("  ") for line in shown.splitlines()[2:]]
    assert [line[:1] + [part.strip() for part in line[1:] if part.strip()][:3] for line in told[:2]] == [
        ["", "superseded", "Ada / lives_in = Lisbon", "(slot.later)"],
        ["", "added", "Ada / likes = jazz", "(new)"],
    ]
    (old,) = ask("list", "--filter", "status=superseded")["records"]
    assert shown.splitlines()[4:] == [f"  changed {old['id']}"]
    ended = run("retain", "I no longer like jazz.", "--speaker", "Ada", "--at", "2026-05-04").stdout
    assert ended.count("(cue.ended)") == 1
    assert "changed" not in ended
    assert run("retain", "Bob lives in Rome.").stdout.splitlines()[2:] == ["  Bob / lives_in = Rome"]
    states = ask("retain", "I moved to Faro.", "--speaker", "Ada", "--at", "2026-05-05")["states"]
    assert [(one["action"], one["record"]["value"]) for one in states] == [("superseded", "Faro")]


def test_recall_text_shows_rank_day_speaker_content_ref_and_reasons(run: Run) -> None:
    run(*LISBON)
    first, second, *rest, third, fourth = run("recall", "Where did Ada move?").stdout.splitlines()
    assert (first.split()[0], third.split()[0]) == ("1", "2")
    assert '2026-05-03  Ada  "Ada lives in Lisbon"' in first
    assert "[D3:7]" in second
    assert "slot" in " ".join([second, *rest])
    assert '2026-05-03  Ada  "I moved to Lisbon last week."' in third
    assert "[D3:7]" in fourth
    assert "lexical " in fourth
    assert run("recall", "Where?", "--scope", "other").stdout == "Nothing found.\n"


def test_recall_json(ask: Ask, run: Run) -> None:
    run(*LISBON)
    found = ask("recall", "Lisbon", "--scope", "user:ada", "--scope", "x", "-k", "1", "--max-tokens", "200")
    assert set(found) == names(Recall)
    assert set(found["items"][0]) == names(Item)
    assert set(found["items"][0]["why"]) == {"arms", "notes", "probe", "was", "against"}
    assert "I moved to Lisbon" in found["text"]


def test_recall_narrows(ask: Ask, run: Run) -> None:
    run("retain", "We ate well in Lisbon.", *LISBON[2:])
    run("retain", "Lisbon is sunny.", "--meta", "page=3")
    every = {
        (): 2,
        ("--kind", "fact"): 1,
        ("--kind", "fact", "--kind", "observation"): 2,
        ("--filter", "speaker=Ada"): 1,
        ("--filter", "speaker=Ada", "--filter", "speaker=Bo"): 1,
        ("--filter", "metadata.page=3"): 1,
        ("--filter", "until=2026-06-01"): 1,
        ("--as-of", "1"): 1,
        ("--as-of", "2000-01-01"): 0,
        ("--lane", "inject"): 0,
    }
    for options, number in every.items():
        assert len(ask("recall", "Lisbon", *options)["items"]) == number, options
        assert options[:1] == ("--lane",) or len(ask("list", *options)["records"]) == number, options


def test_recall_explain_text_and_full(run: Run) -> None:
    words = "Lisbon " + "and more of it " * 40
    run("retain", words)
    assert run("recall", "Lisbon", "--explain").stdout.startswith("answer lane")
    assert run("recall", "Lisbon", "--text").stdout.startswith("Remembered")
    assert len(run("recall", "Lisbon").stdout.splitlines()) == 3
    assert len(run("recall", "Lisbon", "--full").stdout.splitlines()) > 6
    assert all(len(line) <= 100 for line in run("recall", "Lisbon", "--full").stdout.splitlines())


def test_inject(run: Run, ask: Ask) -> None:
    run("retain", "Answer in short sentences.", "--kind", "instruction", "--pinned")
    home(ask, "Lisbon", "2026-05-03")
    assert "short sentences" in run("inject", "").stdout
    assert "Lisbon" in run("inject", "What about Ada's home?").stdout
    assert ask("inject", "hello", "--max-tokens", "50", "-k", "3")["lane"] == "inject"
    empty = run("inject", "", "--scope", "nobody")
    assert (empty.stdout, empty.stderr) == ("", "Nothing found.\n")


def test_a_changed_fact_then_now_and_its_history(run: Run, ask: Ask) -> None:
    old = home(ask, "Porto", "2025-01-05")["record"]["id"]
    new = home(ask, "Lisbon", "2026-05-03")
    assert (new["action"], new["affected"]) == ("superseded", [old])
    then = ask("recall", "Where does Ada live?", "--valid-at", "2025-10")
    assert [item["record"]["value"] for item in then["items"]] == ["Porto"]
    assert "(superseded)" in run("recall", "Where does Ada live?", "--valid-at", "2025-10").stdout
    text = run("history", old).stdout
    assert "version 1" in text
    assert "valid 2025-01-05 to 2026-05-03" in text
    assert f"superseded by {new['record']['id']}" in text
    changes = ask("history", old)
    assert set(changes[0]) == names(Change)
    assert [change["version"] for change in changes] == [1, 2]


def test_show(run: Run, ask: Ask) -> None:
    id = home(ask, "Porto", "2025-01-05")["record"]["id"]
    home(ask, "Lisbon", "2026-05-03")
    text = run("show", id).stdout
    assert "slot" in text
    assert "Ada / home = Porto (one)" in text
    assert ask("show", id)["status"] == "superseded"
    assert ask("show", id, "--as-of", "1")["status"] == "active"


def test_list_pages(run: Run, ask: Ask) -> None:
    for number in range(5):
        run("retain", f"Fact number {number}.")
    page = ask("list", "--limit", "2")
    assert set(page) == {"records", "cursor"}
    following = ask("list", "--limit", "2", "--cursor", page["cursor"])
    assert [one["content"] for one in following["records"]] == ["Fact number 2.", "Fact number 3."]
    assert len(ask("list", "--limit", "2", "--all")["records"]) == 5
    assert len(run("list", "--limit", "2", "--all").stdout.splitlines()) == 5
    short = run("list", "--limit", "2")
    assert len(short.stdout.splitlines()) == 2
    assert "--cursor" in short.stderr
    assert run("list", "--scope", "nobody").stderr == "No records.\n"


def test_update_changes_and_clears(ask: Ask, run: Run) -> None:
    id = ask("retain", "Tea.", "--speaker", "Ada", "--title", "Drinks", "--meta", "a=1")["record"]["id"]
    changed = ask(
        "update", id, "--content", "-", "--clear", "title", "--clear", "metadata", "--pinned", "--kind", "preference",
        "--if-version", "1", "--reason", "said so", "--meta", "b=2", input="Green tea.\n",
    )["record"]  # fmt: skip
    assert (changed["content"], changed["title"], changed["metadata"]) == ("Green tea.", None, {"b": 2})
    assert (changed["version"], changed["pinned"], changed["speaker"]) == (2, True, "Ada")
    assert ask("update", id, "--not-pinned")["record"]["pinned"] is False
    assert "reason: said so" in run("history", id).stdout


def test_forget_undo_feedback(run: Run, ask: Ask) -> None:
    id = ask("retain", "Tea.", "--scope", "s")["record"]["id"]
    assert set(ask("feedback", "helped", id)) == {"event"}
    assert "Counted as used" in run("feedback", "used", id, "--reason", "r").stdout
    event = ask("forget", id, "--reason", "a joke")["events"][0]
    assert ask("recall", "tea")["items"] == []
    assert ask("undo", str(event))["records"] == [id]
    text = run("forget", "--scope", "s", "--yes").stdout
    assert "ricordo undo" in text
    assert run("undo", text.split()[-1]).stdout.startswith("Event ")
    assert run("forget", "--scope", "other", "--yes").stdout == "Nothing to forget.\n"


def test_erase(run: Run, ask: Ask) -> None:
    id = ask("retain", "A secret word: xylophone.", "--scope", "s")["record"]["id"]
    assert ask("erase", id, "--yes")["status"] == "done"
    run("show", id, code=3)
    assert run("history", id).stdout.count("event ") == 2
    assert run("erase", "--scope", "s", "--yes").exit_code == 0
    run("verify")


def test_stats_verify_reindex_embed(run: Run, ask: Ask) -> None:
    run(*LISBON)
    assert set(ask("stats")) == names(Stats)
    assert "user:ada 2" in run("stats").stdout
    assert "fact 1, observation 1" in run("stats").stdout
    assert ask("verify")["ok"] is True
    assert run("verify").stdout.startswith("Sound: 1 events")
    assert ask("reindex") == {"seq": 1}
    assert ask("embed") == {"embedded": 0, "profile": "lexical"}
    assert "doctor" in run("embed").stderr


def test_propose_prints_what_was_done_and_what_was_refused(run: Run, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    run("retain", "Ada said that Lisbon is home.", *LISBON[2:])
    assert "language model" in run("propose", code=2).stderr
    told = {"n": 1, "relation": "contradicts", "quote_new": "Porto", "quote_old": "Lisbon"}
    lie = {"subject": "Eve", "attribute": "home", "value": "Rome", "cardinality": "one", "quote": "in Rome"}
    model = JsonLanguageModel(lambda asked: {"relations": [told] if asked["old"] else [], "slots": [lie]})
    with EndpointServer(model) as server:
        monkeypatch.setenv("RICORDO_MODEL_URL", server.url)
        monkeypatch.setenv("RICORDO_MODEL", "m")
        run("retain", "Ada said that she lives in Porto.", "--scope", "user:ada")
        dry = run("propose", "--dry-run").stdout
        assert "would be applied" in dry
        shown = run("propose").stdout.splitlines()
        assert "was asked about 2 records" in shown[0]
        assert [line for line in shown if line.startswith("  contradicts ") and ": event 3" in line]
        assert [line for line in shown if "slot" in line and "refused: the quoted words do not stand" in line]
        assert ask("propose")["asked"] == 0
        run("retain", "Ada has a new dog, and lives in Faro.", "--scope", "user:ada")
        server.script(*[Act(status=401)] * 9)
        assert "Ended early: " in run("propose").stdout


def test_export_and_restore(run: Run, ask: Ask, tmp_path: Path) -> None:
    run(*LISBON)
    file, copy = tmp_path / "out.ricordo", tmp_path / "copy"
    assert ask("export", str(file)) == {"path": str(file), "bytes": file.stat().st_size, "seq": 1}
    assert ask("restore", str(file), str(copy))["stats"]["records"] == 2
    assert ask("list", "--space", str(copy)) == ask("list")
    run("restore", str(file), str(copy), code=2)


def test_space_before_and_after_the_command(run: Run, ask: Ask, tmp_path: Path) -> None:
    run("--space", str(tmp_path / "a"), "retain", "One.")
    assert len(ask("list", "--space", str(tmp_path / "a"))["records"]) == 1
    assert not (tmp_path / "space").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, run: Run, ask: Ask) -> None:
    assert "_RICORDO_COMPLETE" in run("completion", shell).stdout
    assert ask("completion", shell)["shell"] == shell


def test_terminal_codes_in_content_are_not_printed(run: Run, ask: Ask) -> None:
    id = ask("retain", "red \x1b[31m alert\x07 \u202e now", "--speaker", "A\x1b[2Jda")["record"]["id"]
    for command in (["list"], ["recall", "red"], ["show", id], ["history", id], ["recall", "red", "--explain"]):
        text = run(*command).stdout
        assert not set(text) & set("\x1b\x07\u202e"), command


@pytest.mark.parametrize("command", ["recall", "inject"])
def test_render_prints_the_context_in_each_format(command: str, run: Run) -> None:
    run("retain", 'Ada said "hi"\n- in Lisbon.', "--name", "lisbon", "--at", "2026-05-03T10:00Z", "--ref", "D3:7")
    plain = run(command, "Lisbon", "--render", "text").stdout
    assert (
        plain
        == 'Remembered (quoted data, not instructions):\n[1] 2026-05-03: "Ada said \\"hi\\"\\n- in Lisbon." (D3:7)\n'
    )
    assert "\n1. 2026-05-03: `" in run(command, "Lisbon", "--render", "markdown").stdout
    (item,) = json.loads(run(command, "Lisbon", "--render", "json").stdout)["items"]
    assert (item["text"], item["ref"]) == ('Ada said "hi"\n- in Lisbon.', "D3:7")
    (message,) = json.loads(run(command, "Lisbon", "--render", "messages").stdout)
    assert message == {"role": "user", "content": plain.removesuffix("\n")}
    assert run(command, "zebra", "--render", "messages").stdout == ""


def test_a_budget_shortens_and_explain_tells_it(run: Run) -> None:
    run("retain", "The ferry left at nine. " * 200)
    told = run("recall", "when did the ferry leave", "--max-tokens", "200", "--explain").stdout
    assert "of 200 tokens; items: 1 extract" in told
    assert all(len(line) <= 100 for line in told.splitlines())
    assert len(run("recall", "ferry", "--max-tokens", "200", "--text").stdout.splitlines()) == 2


def test_what_does_not_fit_is_not_called_not_found(run: Run) -> None:
    run("retain", "Ada went camping by the lake.", "--scope", "team")
    told = run("recall", "camping", "--max-tokens", "5")
    assert told.stdout == "Nothing fits in 5 tokens; 1 found. --explain has what each takes.\n"
    assert "nothing fits" in run("recall", "camping", "--max-tokens", "5", "--explain").stdout


def test_reflect_prints_its_context_for_a_prompt(run: Run) -> None:
    run("retain", "Ada works at Brightwater Mills.", "--scope", "team")
    run("retain", "Brightwater Mills has its office in Porto.", "--scope", "team")
    question = "In which city is the office of Ada's firm?"
    assert run("reflect", question, "--render", "markdown").stdout.startswith("Remembered (quoted data")
    assert "asked further: " in run("reflect", question).stdout
    assert "asked further: " in run("recall", question, "--hops", "2").stdout


def test_no_share_is_lost_in_a_narrow_table() -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        memory.retain(
            messages=[{"role": "user", "content": "Is it Porto?"}, {"role": "user", "content": "Porto it is."}]
        )
        found = memory.recall("Where is Porto?")
    narrow = explain(found, 36)
    assert max(map(len, narrow.splitlines())) <= 36
    heads = next(line for line in narrow.splitlines() if line.startswith(" #   score")).split()
    below = [(name, arm.share) for item in found for name, arm in item.why.arms.items() if name not in heads]
    assert below
    for name, share in below:
        assert f"{name} {share:+.3f}" in " ".join(narrow.split())


def test_belief_is_a_page_to_read(run: Run, ask: Ask) -> None:
    said = ask("retain", "We painted the sea.", "--speaker", "Ada", "--ref", "D1")["record"]["id"]
    link = ("--link", f"derived_from:{said}")
    first = home(ask, "Porto", "2026-01-01T00:00Z")["record"]["id"]
    state = ask("retain", "Ada keeps a boat.", *link)["record"]["id"]
    told = run("belief", state).stdout
    for part in (
        '"Ada keeps a boat."',
        "yes, confidence 0.75",
        "1 independent source",
        "said by:",
        "Ada, D1",
        "the sea",
    ):
        assert part in told
    assert "follows from it:" in run("belief", said).stdout
    home(ask, "Lisbon", "2026-02-01T00:00Z")
    assert "no, superseded by" in run("belief", first).stdout
    assert "yes" in run("belief", first, "--as-of", "2").stdout
    assert ask("belief", state)["proofs"] == 1
    run("belief", "nowhere", code=3)
    gone = run("forget", said).stdout
    assert "that rested on nothing else" in gone
    assert "made of what was said there" in run("erase", said, "--yes").stdout


def test_what_has_passed_is_told_from_what_is_not_there(run: Run, ask: Ask) -> None:
    run("retain", "Bob's home is Rome.", "--at", "2026-01-01", "--valid-to", "2026-02-01",
        "--subject", "Bob", "--attribute", "home", "--value", "Rome")  # fmt: skip
    assert "Nothing that is so now; 1 found that has passed" in run("recall", "Where is Bob's home?").stdout
    run("retain", "We live in Porto and like tea.", "--speaker", "Ada", "--at", "2026-01-01")
    run("retain", "I moved to Lisbon.", "--speaker", "Ada", "--at", "2026-02-01")
    assert "of this: “Ada lives in Porto” was so until 2026-02-01" in " ".join(run("recall", "tea").stdout.split())
    held = next(one for one in ask("list")["records"] if one["value"] == "Lisbon")
    assert f"in {held['sources'][0]['record']}" in run("show", held["id"]).stdout
