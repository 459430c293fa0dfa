import type { Emitter } from "@loggregator/api";
import type { LineSettings } from "./options.js";

/** The names that the logger gives to fields and levels. */
export interface PinoNames {
  readonly messageKey: string;
  /** The numbers of levels, for lines that have their names. */
  readonly levels: Readonly<Record<string, number>>;
}

/** The parts of a line that are needed for its envelope. */
export interface Line {
  /** A number, or the name of a level. */
  readonly level?: unknown;
  /** In milliseconds since 1970, or as an ISO 8601 date. */
  readonly time?: unknown;
  /** All fields, if they are needed. */
  readonly record?: Readonly<Record<string, unknown>> | undefined;
}

const nanosPerMilli = 1_000_000n;
/** The latest time in milliseconds that fits into the nanoseconds of an envelope. */
const maxTimeMs = 9_223_372_036_000;

/** Emits lines as logs. */
export class LineEmitter {
  readonly #emitter: Emitter;
  readonly #settings: LineSettings;
  readonly #names: PinoNames;
  #timeMs = 0;
  #timestamp = 0n;

  constructor(emitter: Emitter, settings: LineSettings, names: PinoNames) {
    this.#emitter = emitter;
    this.#settings = settings;
    this.#names = names;
  }

  /** Returns true if `Line.record` is needed. */
  static needsRecord({ fieldTags, payload }: LineSettings): boolean {
    return payload === "message" || !fieldTags.isEmpty;
  }

  /**
   * Emits a line.
   *
   * @param text The line without its line end.
   */
  emit(text: string, { level, time, record }: Line): void {
    const { sourceId, instanceId, sourceType, fieldTags, payload, stderrLevel } = this.#settings;
    const message = payload === "message" ? record?.[this.#names.messageKey] : undefined;
    this.#emitter.emitLog(typeof message === "string" ? message : text, {
      sourceId,
      instanceId,
      sourceType,
      stream: this.#levelNumber(level) >= stderrLevel ? "stderr" : "stdout",
      tags: record === undefined || fieldTags.isEmpty ? undefined : fieldTags.of(record),
      timestamp: this.#nextTimestamp(time),
    });
  }

  #levelNumber(level: unknown): number {
    if (typeof level === "string" && Object.hasOwn(this.#names.levels, level)) {
      return this.#names.levels[level] as number;
    }
    return Number(level);
  }

  /** Returns nanoseconds that increase within a millisecond, so that lines keep their order. */
  #nextTimestamp(time: unknown): bigint | undefined {
    const timeMs = typeof time === "string" ? Date.parse(time) : Number(time);
    if (!(timeMs > 0 && timeMs < maxTimeMs)) {
      return undefined;
    }
    const floor = Math.floor(timeMs);
    if (floor === this.#timeMs) {
      this.#timestamp += 1n;
    } else {
      this.#timeMs = floor;
      this.#timestamp = BigInt(floor) * nanosPerMilli;
    }
    return this.#timestamp;
  }
}

/** The levels of pino, by name. */
export const pinoLevels: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};
