import type { Selector } from "@loggregator/api";
import type { SourcePlace } from "../../read/readOptions.js";
import type { Selection } from "../../read/selection.js";
import type { TlsOptions } from "../../tlsOptions.js";
import type { Destination } from "../destination/destination.js";
import type { DestinationOptions } from "../destination/destinationOptions.js";
import type { Counts } from "./counts.js";

/** Whether reading stops while the buffer is full, or the oldest envelopes are dropped. */
export const fullPolicies = ["drop-oldest", "stop-reading"] as const;

export type FullPolicy = (typeof fullPolicies)[number];

/** How a worker authenticates at the source. */
export interface SourceOptions extends TlsOptions {
  readonly token?: string | undefined;
  readonly sendTokenTo?: readonly string[] | undefined;
  /** A client of UAA that gets the tokens. */
  readonly uaa?:
    | { readonly url: string; readonly clientId: string; readonly clientSecret: string }
    | undefined;
}

/** The configuration of a worker. It contains secrets, and is passed over IPC only. */
export interface WorkerConfig {
  /** Precedes the messages of the worker. */
  readonly name: string;
  readonly place: Exclude<SourcePlace, { readonly kind: "log-cache" }>;
  readonly source: SourceOptions;
  readonly shardId: string | undefined;
  readonly selectors: readonly Selector[];
  readonly selection: Selection;
  readonly destination: Destination;
  readonly destinationOptions: DestinationOptions;
  readonly maxSize: number;
  readonly maxBytes: number;
  readonly whenFull: FullPolicy;
  /** The time to deliver the rest if the supervisor is killed, in milliseconds. */
  readonly graceMs: number;
}

/** The state of a worker's source or destination. */
export interface EndState {
  readonly ok: boolean;
  readonly detail: string;
}

/** The state of a worker. */
export interface WorkerReport {
  readonly counts: Counts;
  /** Envelopes that are neither sent nor dropped. */
  readonly queued: number;
  /** The memory of the process in bytes. */
  readonly rss: number;
  readonly stream: EndState;
  readonly destination: EndState;
}

/** Sent to a worker. */
export type ToWorker =
  | { readonly type: "start"; readonly config: WorkerConfig }
  /** Delivers what was received, within the time, and exits. */
  | { readonly type: "stop"; readonly graceMs: number };

/** Sent by a worker. */
export type FromWorker =
  | { readonly type: "ready"; readonly source: string }
  | { readonly type: "report"; readonly report: WorkerReport }
  /** It could not start, for a reason that a restart does not change. */
  | { readonly type: "failed"; readonly message: string; readonly exitCode: number }
  /** The reader of its output needs no more, or it has stopped. The last message. */
  | { readonly type: "ended"; readonly report: WorkerReport };
