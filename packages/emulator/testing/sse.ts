/** One raw server-sent event. */
export interface SentEvent {
  /** Undefined if it has no name. */
  readonly event: string | undefined;
  readonly data: string;
  /** All of its lines. */
  readonly text: string;
}

/** Yields the raw events of a response, so that tests see everything that the gateway writes. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n")) {
      const text = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const fields = new Map(
        text.split("\n").map((line) => line.split(/: (.*)/, 2) as [string, string]),
      );
      yield { event: fields.get("event"), data: fields.get("data") ?? "", text };
    }
  }
  if (rest !== "") {
    throw new Error(`expected the stream to end with an event, got ${JSON.stringify(rest)}`);
  }
}
