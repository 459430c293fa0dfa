import type { Envelope, Selector } from "@loggregator/api";
import { linkedAbortController } from "@loggregator/core";
import { messageOf } from "../../explain.js";
import { Outage, watchConnection } from "../../outage.js";
import type { Say, SourceReadOptions } from "./source.js";

/** A client of a gateway or a Reverse Log Proxy. */
interface StreamClient extends AsyncDisposable {
  status(): AsyncIterable<{ readonly type: string }>;
  stream(
    request: StreamRequest,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<Envelope[]>;
}

interface StreamRequest {
  readonly selectors: readonly Selector[];
  readonly shardId?: string | undefined;
}

/** How to read a stream. */
export interface StreamSettings {
  /** Creates the client, which passes failures that it retries to the callback. */
  readonly open: (onRetryableError: (error: Error) => void) => Promise<StreamClient>;
  readonly request: StreamRequest;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/**
 * Reads a stream as `Source.read`: if the first attempt to connect fails, the address or the token is
 * most likely wrong, so it is not repeated.
 */
export async function* readStream(
  { open, request, signal, say }: StreamSettings,
  { onOutage }: SourceReadOptions = {},
): AsyncGenerator<Envelope[], void, undefined> {
  const reading = linkedAbortController(signal);
  const outage = new Outage(say, onOutage);
  let connected = false;
  let failure: Error | undefined;
  const onRetryableError = (error: Error) => {
    if (connected) {
      outage.failed(messageOf(error));
      return;
    }
    failure = error;
    reading.abort();
  };
  try {
    await using client = await open(onRetryableError);
    void watchConnection(client.status(), () => {
      connected = true;
      outage.recovered();
    });
    yield* client.stream(request, { signal: reading.signal });
  } finally {
    reading.abort();
  }
  if (failure !== undefined) {
    throw failure;
  }
}
