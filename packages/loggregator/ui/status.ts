import type { Connection } from "./connection.js";
import { byId } from "./dom.js";

const labels = {
  connecting: "Connecting",
  connected: "Connected",
  waiting: "Reconnecting",
};

const status = byId("status", HTMLOutputElement);

/** Says how the page's connection is, and, on pointing there, why. */
export function showConnection(connection: Connection): void {
  // Told to those who listen instead of looking, each time that it is set.
  if (status.className !== connection.state) status.value = labels[connection.state];
  status.className = connection.state;
  status.title = connection.state === "waiting" ? connection.reason : "";
}
