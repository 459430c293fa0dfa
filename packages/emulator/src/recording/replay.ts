import { setImmediate as nextTurn } from "node:timers/promises";
import type { Envelope } from "@loggregator/api";
import {
  checkOptionNames,
  delay,
  inRange,
  type Logger,
  nonEmptyString,
  oneOf,
  optionalSignal,
} from "@loggregator/core";
import { readRecording } from "./readRecording.js";

/** Options of `emulator.replay`. */
export interface ReplayOptions {
  /**
   * How many times faster than recorded the envelopes are emitted. Their order is kept.
   *
   * @default 1
   */
  readonly speed?: number | undefined;
  /**
   * `"shifted"`: timestamps start at the current time and have the recorded intervals, divided by
   * `speed`. `"recorded"`: timestamps are not changed.
   *
   * @default "shifted"
   */
  readonly timestamps?: ReplayTimestamps | undefined;
  /**
   * Ends the replay with the signal's reason when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Whether replayed envelopes have the time of the replay or of the recording. */
export type ReplayTimestamps = "shifted" | "recorded";

/** The result of a replay. */
export interface ReplayResult {
  /** The number of envelopes that were emitted. */
  readonly envelopes: number;
  /** Whether the last line was not complete, and was ignored. */
  readonly incomplete: boolean;
}

/** The number of envelopes that are emitted in one turn of the event loop. */
const maxAtOnce = 100;
/** A longer interval is not waited for: a wrong timestamp would stop the replay. */
const maxIntervalMs = 3_600_000;
const maxDelayMs = 60_000;

/**
 * Emits the envelopes of a recording at their recorded intervals.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options; RecordingError.
 */
export async function replay(
  path: string,
  options: ReplayOptions,
  emit: (envelope: Envelope) => void,
  { logger, closing }: { readonly logger: Logger; readonly closing: AbortSignal },
): Promise<ReplayResult> {
  nonEmptyString("path", path);
  checkOptionNames<ReplayOptions>("options", options, {
    speed: true,
    timestamps: true,
    signal: true,
  });
  const speed = inRange(
    "speed",
    options.speed ?? 1,
    "a positive number",
    (speed) => speed > 0 && Number.isFinite(speed),
  );
  const timestamps = oneOf("timestamps", options.timestamps ?? "shifted", ["shifted", "recorded"]);
  optionalSignal("signal", options.signal);
  const signal =
    options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
  signal.throwIfAborted();

  const clock = new ReplayClock(speed);
  let incomplete = false;
  let envelopes = 0;
  let atOnce = 0;
  const recording = readRecording(path, (error) => {
    incomplete = true;
    logger.warn(
      `the last line of the recording is incomplete and is ignored, as after an interruption: ${error.message}`,
    );
  });
  for await (const envelope of recording) {
    const timestamp = clock.advance(envelope.timestamp);
    for (let ms = clock.msUntil(timestamp); ms >= 1; ms = clock.msUntil(timestamp)) {
      await delay(signal, Math.min(ms, maxDelayMs));
      atOnce = 0;
    }
    emit(timestamps === "recorded" ? envelope : shift(envelope, timestamp - envelope.timestamp));
    envelopes += 1;
    atOnce += 1;
    if (atOnce >= maxAtOnce) {
      await nextTurn();
      signal.throwIfAborted();
      atOnce = 0;
    }
  }
  return { envelopes, incomplete };
}

/** Maps recorded timestamps to the times of the replay. */
class ReplayClock {
  readonly #speed: number;
  readonly #start = performance.now();
  readonly #startTime = BigInt(Date.now()) * 1_000_000n;
  #first: bigint | undefined;
  #lastMs = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Returns the time of the replay for the timestamp of the next envelope. */
  advance(timestamp: bigint): bigint {
    this.#first ??= timestamp;
    let recordedMs = Number(timestamp - this.#first) / 1e6;
    if (Math.abs(recordedMs - this.#lastMs) > maxIntervalMs) {
      this.#first = timestamp - BigInt(Math.round(this.#lastMs * 1e6));
      recordedMs = this.#lastMs;
    }
    this.#lastMs = recordedMs;
    return this.#startTime + BigInt(Math.round((recordedMs / this.#speed) * 1e6));
  }

  /** Returns the time until then, in milliseconds. */
  msUntil(time: bigint): number {
    return Number(time - this.#startTime) / 1e6 - (performance.now() - this.#start);
  }
}

/** Returns the envelope at another time. The duration of a timer is kept. */
function shift(envelope: Envelope, by: bigint): Envelope {
  const { message } = envelope;
  const timestamp = envelope.timestamp + by;
  if (message?.$case !== "timer") {
    return { ...envelope, timestamp };
  }
  const { start, stop } = message.value;
  const value = { ...message.value, start: start + by, stop: stop + by };
  return { ...envelope, timestamp, message: { $case: "timer", value } };
}
