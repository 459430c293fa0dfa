import { escapeControls } from "../../src/text/escapeControls.js";
import { byId } from "../dom.js";
import type { Connection } from "./connection.js";

const labels = {
  connecting: "Connecting",
  connected: "Connected",
  waiting: "Reconnecting",
};

const status = byId("status", HTMLOutputElement);
const trouble = byId("trouble", HTMLElement);

const emulatorHint = byId("emulator-hint", HTMLElement);
const source = byId("source-name", HTMLElement);

/** Shows the name of the source, also as the title of the tab. */
export function showSource(name: string): void {
  source.textContent = escapeControls(name);
  emulatorHint.hidden = name !== "emulator";
  document.title = `${escapeControls(name)} · Loggregator`;
}

/** Shows the state of the connection, and the reason of an outage. */
export function showConnection(connection: Connection): void {
  // Screen readers announce it whenever it is set.
  if (status.className !== connection.state) {
    status.value = labels[connection.state];
  }
  status.className = connection.state;
  trouble.hidden = connection.state !== "waiting";
  if (connection.state === "waiting") {
    trouble.textContent = `Not connected: ${escapeControls(connection.reason)}. Retrying.`;
  }
}
