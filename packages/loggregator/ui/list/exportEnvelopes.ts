import { type Envelope, toJson } from "@loggregator/api";
import { escapeControlsInJson } from "../../src/text/escapeControls.js";

/** The number of envelopes that are formatted before the page can draw again. */
const step = 500;

/** Saves envelopes as a file of JSON lines, as `loggregator tail --json` prints them. */
export async function exportEnvelopes(envelopes: readonly Envelope[]): Promise<void> {
  const parts: string[] = [];
  for (let index = 0; index < envelopes.length; index += step) {
    const lines = envelopes
      .slice(index, index + step)
      .map((envelope) => `${escapeControlsInJson(JSON.stringify(toJson(envelope)))}\n`);
    parts.push(lines.join(""));
    await new Promise((resolve) => setTimeout(resolve));
  }
  const url = URL.createObjectURL(new Blob(parts, { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `loggregator-${new Date().toISOString().replace(/[:.]/g, "-")}.ndjson`;
  link.click();
  // After the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
