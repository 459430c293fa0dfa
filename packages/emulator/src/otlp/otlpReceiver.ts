import type { PendingWaits, WaitOptions } from "../observation/pendingWaits.js";
import { ReceivedRecord } from "../observation/receivedRecord.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import { OtlpFaultState, type OtlpPartialSuccess } from "./otlpFaults.js";
import {
  isOtlpLog,
  isOtlpMetric,
  isOtlpSpan,
  type OtlpItem,
  type OtlpLog,
  type OtlpMetric,
  type OtlpRequest,
  type OtlpSpan,
} from "./otlpItems.js";
import type { OtlpSignal } from "./otlpSignals.js";

interface Entry {
  readonly item: OtlpItem;
  readonly bytes: number;
}

/** An accepted request. */
export interface OtlpAcceptance {
  readonly bytes: Uint8Array;
  readonly json: string;
}

/** The OTLP receiver behind its endpoints: keeps the items of requests. */
export class OtlpReceiver {
  readonly state = new OtlpFaultState();
  readonly #stats: StatsBoard;
  readonly #record: ReceivedRecord<Entry, OtlpItem>;
  #signals: Promise<typeof import("./otlpSignals.js")> | undefined;

  constructor(waiting: PendingWaits, stats: StatsBoard) {
    this.#stats = stats;
    this.#record = new ReceivedRecord({
      waiting,
      stats,
      itemOf: ({ item }) => item,
      sizeOf: ({ bytes }) => bytes,
      received() {
        const { otlpReceived } = stats.snapshot;
        const items = otlpReceived === 1 ? "1 item was" : `${otlpReceived} items were`;
        return `${items} received over OTLP`;
      },
    });
  }

  /**
   * Keeps the items of a request, and returns the response.
   *
   * @param body The message, not compressed. Its memory may be reused afterwards.
   * @throws If the message is malformed.
   */
  async accept(
    signal: OtlpSignal,
    body: Uint8Array,
    request: OtlpRequest,
  ): Promise<OtlpAcceptance> {
    // Loaded with the first request, as most emulators never receive one.
    this.#signals ??= import("./otlpSignals.js");
    const { decodeItems, encodeResponse, responseJson } = await this.#signals;
    const items = decodeItems(signal, body, request);
    const partial = this.#partialSuccess(items.length);
    const kept = items.slice(0, items.length - (partial?.rejected ?? 0));
    const bytes = body.length / Math.max(1, items.length);
    for (const item of kept) {
      this.#record.add({ item, bytes });
    }
    this.#stats.add("otlpReceived", kept.length);
    return { bytes: encodeResponse(signal, partial), json: responseJson(signal, partial) };
  }

  get logs(): OtlpLog[] {
    return this.#record.items().filter(isOtlpLog);
  }

  get metrics(): OtlpMetric[] {
    return this.#record.items().filter(isOtlpMetric);
  }

  get spans(): OtlpSpan[] {
    return this.#record.items().filter(isOtlpSpan);
  }

  next(guard: (item: OtlpItem) => boolean, options: WaitOptions | undefined): Promise<OtlpItem> {
    return this.#record.next(guard, options);
  }

  clear(): void {
    this.#record.clear();
  }

  #partialSuccess(count: number): OtlpPartialSuccess | undefined {
    const { partialSuccess } = this.state;
    return (
      partialSuccess && {
        ...partialSuccess,
        rejected: Math.min(partialSuccess.rejected, count),
      }
    );
  }
}
