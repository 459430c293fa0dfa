import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";
import { delay } from "abort-controller-x";
import { type ConnectionSettings, GatewayConnection } from "./connection.js";
import {
  GatewayResponseError,
  InvalidEventError,
  isRetryable,
  RetriesExhaustedError,
} from "./errors.js";
import type { Logger } from "./logger.js";
import type { StatusBoard } from "./status.js";
import { StreamToken, type TokenFunction } from "./token.js";

/** What a stream needs to know. */
export interface StreamSettings extends ConnectionSettings {
  readonly token: string | TokenFunction | undefined;
  readonly logger: Logger;
  readonly maxRetries: number;
  readonly retryBaseDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly onRetryableError: (error: Error, attempt: number, delayMs: number) => void;
  readonly onInvalidEvent: (error: InvalidEventError) => void;
  readonly board: StatusBoard;
}

/**
 * The batches that the gateway sends for a URL, over as many connections as it takes. The first is
 * opened when the first batch is asked for. Ends when one of the signals aborts.
 */
export function streamBatches(
  url: string,
  settings: StreamSettings,
  signals: readonly AbortSignal[],
): AsyncIterableIterator<Envelope[], undefined, undefined> {
  const life = new AbortController();
  const batches = readBatches(url, settings, signals, life);
  return {
    next: () => batches.next(),
    return: () => {
      // A generator returns only after the batch it waits for; this ends the wait.
      life.abort();
      return batches.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* readBatches(
  url: string,
  settings: StreamSettings,
  signals: readonly AbortSignal[],
  life: AbortController,
): AsyncGenerator<Envelope[], undefined, undefined> {
  const { logger, board } = settings;
  const { signal } = life;
  const end = () => life.abort();
  if (signals.some(({ aborted }) => aborted)) end();
  for (const outer of signals) outer.addEventListener("abort", end);
  const token = new StreamToken(settings.token);
  let failures = 0;
  let fruitless = 0;
  board.counts.streams++;
  try {
    while (!signal.aborted) {
      const connection = new GatewayConnection(url, settings);
      const hangUp = () => connection.close();
      signal.addEventListener("abort", hangUp);
      const startedAt = performance.now();
      let pauseMs = 0;
      let ended: Error | undefined;
      board.tell({ type: "connecting", url });
      try {
        await connection.open(token);
        logger.debug(`Connected to ${url}`);
        board.tell({ type: "open", url });
        for (;;) {
          const events = await connection.read();
          if (events === undefined) break;
          if (connection.heard) failures = 0;
          for (const data of events) {
            if (signal.aborted) return undefined;
            const batch = parseBatch(data, settings);
            if (batch === undefined || batch.length === 0) continue;
            board.counts.batches++;
            board.counts.received += batch.length;
            yield batch;
          }
        }
        // Reconnecting at once must not become a storm of requests: a gateway that closes every
        // stream soon is asked at intervals, and at growing ones while it sends nothing else.
        fruitless = connection.heard ? 0 : fruitless + 1;
        pauseMs =
          fruitless === 0
            ? startedAt + settings.retryBaseDelayMs - performance.now()
            : backoffMs(fruitless, settings);
        logger.debug(`The gateway closes the stream of ${url}, reconnecting`);
      } catch (error) {
        if (signal.aborted) return undefined;
        ended = error as Error;
        if (isRefusal(error) && token.reject()) {
          logger.info(`${error.message}; asking for a fresh token`);
          continue;
        }
        if (!isRetryable(error)) throw error;
        failures += 1;
        if (failures > settings.maxRetries) {
          throw new RetriesExhaustedError(
            `expected an event within ${failures} attempts, got failures only, at last: ${error.message}`,
            failures,
            { cause: error },
          );
        }
        pauseMs = backoffMs(failures, settings);
        logger.warn(`${error.message}; retry ${failures} in ${Math.round(pauseMs)} ms`);
        board.counts.reconnects++;
        settings.onRetryableError(error, failures, pauseMs);
      } finally {
        signal.removeEventListener("abort", hangUp);
        connection.close();
        board.tell({ type: "disconnected", url, ...(ended && { error: ended }) });
        if (ended !== undefined && pauseMs > 0) {
          board.tell({ type: "retrying", url, error: ended, delayMs: pauseMs });
        }
      }
      // Rejects only when the stream is to end, which the loop looks at.
      if (pauseMs > 0) await delay(signal, pauseMs).catch(() => {});
    }
  } finally {
    board.counts.streams--;
    for (const outer of signals) outer.removeEventListener("abort", end);
  }
  return undefined;
}

function parseBatch(data: string, settings: StreamSettings): Envelope[] | undefined {
  try {
    return parseEnvelopeBatch(data).batch;
  } catch (cause) {
    const error = new InvalidEventError(
      `expected an event with a batch of envelopes as JSON, got ${data.length} characters that are none: ${cause instanceof Error ? cause.message : cause}`,
      data,
      { cause },
    );
    settings.board.counts.invalidEvents++;
    settings.logger.warn(`${error.message}; left out`);
    settings.onInvalidEvent(error);
    return undefined;
  }
}

/** The gateway's answers to a token that won't do. */
function isRefusal(error: unknown): error is GatewayResponseError {
  return error instanceof GatewayResponseError && (error.status === 401 || error.status === 404);
}

/** Doubles with each attempt up to the maximum; half of it is random, so that clients spread. */
function backoffMs(
  attempt: number,
  {
    retryBaseDelayMs,
    retryMaxDelayMs,
  }: Pick<StreamSettings, "retryBaseDelayMs" | "retryMaxDelayMs">,
): number {
  const ceiling = Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** (attempt - 1));
  return (ceiling / 2) * (1 + Math.random());
}
