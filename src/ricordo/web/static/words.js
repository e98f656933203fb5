/** The words of the API, in the order in which it has them; a test compares them with those of the library. */

export const KINDS = [
  ...["fact", "preference", "goal", "decision", "artifact", "learning", "event", "instruction", "relationship"],
  ...["context", "observation", "commitment", "error", "question", "case", "tool"],
];
export const STATUSES = ["active", "provisional", "superseded", "retracted", "archived", "quarantined", "erased"];
export const RENDERS = ["text", "markdown", "json", "messages"];
