// The page's script: reads from the gateway in the form, with the same client as in Node.js, and shows
// the envelopes. Their text is never interpreted as markup.

import { type Envelope, isLog, selectAll } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";

/** The list keeps the newest envelopes. */
const maxItems = 500;

const form = find("form", HTMLFormElement);
const startButton = find("button[type=submit]", HTMLButtonElement);
const stopButton = find("button[name=stop]", HTMLButtonElement);
const status = find("output", HTMLOutputElement);
const list = find("ol", HTMLOListElement);

// Default: the server of this page, which forwards to its gateway.
find("input[name=url]", HTMLInputElement).value = location.origin;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name) ?? "");
  void tail(field("url"), field("token"), field("sourceId"));
});

async function tail(url: string, token: string, sourceId: string): Promise<void> {
  const stop = new AbortController();
  stopButton.onclick = () => stop.abort();
  setRunning(true);
  status.value = "connecting";
  let count = 0;
  try {
    const client = new RlpGatewayClient({
      url,
      token: token === "" ? undefined : token,
      onRetryableError: (error) => {
        status.value = error.message;
      },
    });
    const stream = client.stream({ selectors: selectAll({ sourceId }) }, { signal: stop.signal });
    for await (const batch of stream) {
      show(batch);
      count += batch.length;
      status.value = `streaming, ${count} received`;
    }
    status.value = `stopped, ${count} received`;
  } catch (error) {
    status.value = error instanceof Error ? error.message : String(error);
  }
  setRunning(false);
}

function setRunning(running: boolean): void {
  startButton.disabled = running;
  stopButton.disabled = !running;
}

/** Appends items to the list, and removes the oldest ones beyond `maxItems`. */
function show(batch: readonly Envelope[]): void {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 50;
  list.append(...batch.slice(-maxItems).map(item));
  while (list.childElementCount > maxItems) {
    list.firstElementChild?.remove();
  }
  if (atEnd) {
    scrollTo(0, document.documentElement.scrollHeight);
  }
}

function item(envelope: Envelope): HTMLElement {
  const { timestamp, sourceId, instanceId, message } = envelope;
  const time = new Date(Number(timestamp / 1_000_000n)).toISOString().slice(11, 23);
  const isError = isLog(envelope) && envelope.message.value.type === 1;
  const li = document.createElement("li");
  li.append(
    element("time", "", time),
    element("span", "type", message?.$case ?? ""),
    element("span", "source", `${sourceId}/${instanceId}`),
    element("span", isError ? "text error" : "text", text(message)),
  );
  return li;
}

function text(message: Envelope["message"]): string {
  switch (message?.$case) {
    case "log":
      return new TextDecoder().decode(message.value.payload);
    case "counter":
      return `${message.value.name}: +${message.value.delta}, total ${message.value.total}`;
    case "gauge":
      return Object.entries(message.value.metrics)
        .map(([name, { value, unit }]) => `${name}: ${value} ${unit}`)
        .join(", ");
    case "timer":
      return `${message.value.name}: ${Number(message.value.stop - message.value.start) / 1e6} ms`;
    case "event":
      return `${message.value.title}: ${message.value.body}`;
    case undefined:
      return "";
  }
}

function element(tag: string, className: string, textContent: string): HTMLElement {
  return Object.assign(document.createElement(tag), { className, textContent });
}

function find<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) {
    throw new Error(`the page has no ${selector}`);
  }
  return found;
}
