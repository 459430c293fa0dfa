import { escapeControls } from "../../src/text/escapeControls.js";
import { byId } from "../dom.js";
import type { Connection } from "./connection.js";

const labels = {
  connecting: "Connecting",
  connected: "Connected",
  waiting: "Reconnecting",
};

const status = byId("status", HTMLOutputElement);

/** Shows the state of the connection, and the reason as a tooltip. */
export function showConnection(connection: Connection): void {
  // Screen readers announce it whenever it is set.
  if (status.className !== connection.state) {
    status.value = labels[connection.state];
  }
  status.className = connection.state;
  status.title = connection.state === "waiting" ? escapeControls(connection.reason) : "";
}
