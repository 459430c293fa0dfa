import { readFileSync } from "node:fs";

/** A call of go-loggregator's clients, with the data that they sent. */
export interface ClientCallVector {
  readonly call: "emitLog" | "emitCounter" | "emitGauge" | "emitTimer" | "emitEvent";
  readonly message?: string;
  readonly name?: string;
  readonly metrics?: readonly {
    readonly name: string;
    readonly unit: string;
    readonly value: number | string;
  }[];
  readonly start?: string;
  readonly stop?: string;
  readonly title?: string;
  readonly body?: string;
  readonly options: {
    readonly sourceId?: string;
    readonly instanceId?: string;
    readonly sourceType?: string;
    readonly stdout?: boolean;
    readonly tags?: Record<string, string>;
    readonly delta?: string;
    readonly total?: string;
  };
  /** The envelope of the v2 client, as protojson writes it. */
  readonly v2Json: Record<string, unknown>;
  /** The events of the v1 client, which has no timers and events. */
  readonly v1Json?: readonly { readonly valueMetric?: { readonly name: string } }[];
}

/** Calls of go-loggregator's clients with the tag `client-tag` and, for v1, the origin `some-origin`. */
export const clientCallVectors: readonly ClientCallVector[] = JSON.parse(
  readFileSync(new URL("../vectors/client-calls.json", import.meta.url), "utf8"),
);
