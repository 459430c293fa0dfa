// The page's script: shows the recent logs of an app and then new ones, with the same client as in
// Node.js. Their text is never interpreted as markup.

import { type Envelope, isLog, logText, toDate } from "@loggregator/api";
import { LogCacheClient } from "@loggregator/log-cache";

const form = document.querySelector("form") as HTMLFormElement;
const status = document.querySelector("output") as HTMLOutputElement;
const lines = document.querySelector("pre") as HTMLPreElement;

// Default: the server of this page, which forwards to its log-cache.
(form.elements.namedItem("url") as HTMLInputElement).value = location.origin;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name) ?? "");
  void show(field("url"), field("token"), field("sourceId"));
});

async function show(url: string, token: string, sourceId: string): Promise<void> {
  lines.textContent = "";
  const client = new LogCacheClient({ url, token: token || undefined, logger: null });
  try {
    const recent = await client.recent(sourceId, 100);
    append(recent);
    status.textContent = `${recent.length} recent lines`;
    const from = recent.at(-1)?.timestamp;
    const options = { types: ["log"] as const, ...(from !== undefined && { from: from + 1n }) };
    for await (const batch of client.follow([sourceId], options)) {
      append(batch);
    }
  } catch (error) {
    status.textContent = String(error);
  } finally {
    await client.close();
  }
}

function append(envelopes: readonly Envelope[]): void {
  for (const envelope of envelopes) {
    if (isLog(envelope)) {
      lines.append(`${toDate(envelope).toISOString()} ${logText(envelope)}\n`);
    }
  }
}
