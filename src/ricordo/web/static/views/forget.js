/** Forgetting a record, if it is still what was read; if not, both versions are shown. */

import { Problem } from "../api.js";
import { h } from "../dom.js";
import { difference } from "../diff.js";
import { ask, askReason, attempt, toast } from "../parts.js";

const EXPLAINED =
  "It leaves every ordinary read, and so does what rests on it alone. It stays in the history, and can be undone.";

/** Ask for a reason, and forget. */
export async function forget(ctx, record) {
  const told = await askReason("Forget this record", EXPLAINED, "Forget it");
  if (told) await gone(ctx, record, told.reason);
}

async function gone(ctx, record, reason) {
  try {
    const done = await ctx.space.forget(record, reason);
    const undo = () => attempt(() => ctx.space.undo(done.events[0], record.scope)).then(ctx.again);
    toast("It is forgotten.", done.events.length > 0 && { label: "Undo", run: undo }, "good");
    ctx.again();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 412) await showBoth(ctx, record, reason);
    else toast(problem.message, null, "bad");
  }
}

/** Somebody wrote meanwhile: show what that changed, and ask again. */
async function showBoth(ctx, record, reason) {
  const theirs = await attempt(() => ctx.space.get(record.id));
  if (!theirs) return;
  const sure = await ask("It was changed meanwhile", (end) =>
    h(
      "div",
      { class: "edit" },
      h("p", {}, `You read version ${record.version}; it is at version ${theirs.version}:`),
      difference(record.content, theirs.content),
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", class: "primary", click: () => end(null) }, "Leave it"),
        h("button", { type: "button", class: "danger", click: () => end(true) }, "Forget this version"),
      ),
    ),
  );
  if (sure) await gone(ctx, theirs, reason);
  else ctx.again();
}
