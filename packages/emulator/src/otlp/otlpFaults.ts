import {
  delayMs,
  formatValue,
  nonEmptyString,
  OptionRangeError,
  positiveInteger,
  stringArgument,
} from "@loggregator/core";
import type { ComponentFault } from "../faults/componentFault.js";
import type { Faults } from "../faults/faults.js";
import type { GrpcListener } from "../grpc/grpcListener.js";

/** Options of a refusal of the OTLP receiver. */
export interface OtlpRefusalOptions {
  /**
   * The message of the answer.
   *
   * @default "refused by the emulator"
   */
  readonly message?: string | undefined;
  /**
   * The delay that the answer requests, in milliseconds: `RetryInfo` over gRPC; over HTTP
   * `Retry-After`, rounded up to seconds, with the statuses 429 and 503. Set it to test that a
   * client waits for that long.
   *
   * @default none
   */
  readonly retryAfterMs?: number | undefined;
}

/** The faults of the OTLP receiver, over every protocol. Stopping it resets its connections. */
export interface OtlpFaults extends Faults, ComponentFault {
  /**
   * Refuses new requests.
   *
   * @param status A gRPC status from 1 to 16, or an HTTP status from 400 to 599. The other protocol
   * gets the status that a collector would use.
   * @throws OptionRangeError for another status.
   */
  refuse(status: number, options?: OtlpRefusalOptions): void;
  /**
   * Accepts requests in part: the last `rejected` records, data points or spans of each are not
   * kept, and the response reports this.
   *
   * @param message Default: "rejected by the emulator".
   */
  acceptPartially(rejected: number, message?: string): void;
}

export interface OtlpRefusal {
  readonly grpcStatus: number;
  readonly httpStatus: number;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

export interface OtlpPartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** The faults that are in effect. */
export class OtlpFaultState {
  refusal: OtlpRefusal | undefined;
  partialSuccess: OtlpPartialSuccess | undefined;

  clear(): void {
    this.refusal = undefined;
    this.partialSuccess = undefined;
  }
}

/** Returns the faults in their public form. */
export function otlpFaults(
  state: OtlpFaultState,
  listeners: readonly Pick<GrpcListener, "faults" | "stop" | "start">[],
): OtlpFaults {
  const all = (change: (listener: (typeof listeners)[number]) => void) => {
    for (const listener of listeners) {
      change(listener);
    }
  };
  return {
    refuse(status, options = {}) {
      const { message = "refused by the emulator", retryAfterMs } = options;
      state.refusal = {
        ...statuses(status),
        message: stringArgument("message", message),
        retryAfterMs:
          retryAfterMs === undefined ? undefined : delayMs("retryAfterMs", retryAfterMs),
      };
    },
    acceptPartially(rejected, message = "rejected by the emulator") {
      state.partialSuccess = {
        rejected: positiveInteger("rejected", rejected),
        message: nonEmptyString("message", message),
      };
    },
    dropConnections: () => all(({ faults }) => faults.dropConnections()),
    delay: (ms) => all(({ faults }) => faults.delay(ms)),
    stopReading: () => all(({ faults }) => faults.stopReading()),
    stop: () => all((listener) => listener.stop()),
    start: () => all((listener) => listener.start()),
    clear() {
      state.clear();
      all((listener) => {
        listener.faults.clear();
        listener.start();
      });
    },
  };
}

/** The HTTP statuses for gRPC statuses, from the source of the collector; 500 for all others. */
const httpStatuses: Readonly<Record<number, number>> = {
  1: 503,
  3: 400,
  4: 503,
  7: 403,
  8: 429,
  10: 503,
  11: 503,
  12: 404,
  14: 503,
  15: 503,
  16: 401,
};
/** The gRPC statuses for HTTP statuses, from the same source; 2, UNKNOWN, for all others. */
const grpcStatuses: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 12,
  429: 8,
  502: 14,
  503: 14,
  504: 14,
};

function statuses(status: number): Pick<OtlpRefusal, "grpcStatus" | "httpStatus"> {
  if (Number.isInteger(status) && status >= 1 && status <= 16) {
    return { grpcStatus: status, httpStatus: httpStatuses[status] ?? 500 };
  }
  if (Number.isInteger(status) && status >= 400 && status <= 599) {
    return { grpcStatus: grpcStatuses[status] ?? 2, httpStatus: status };
  }
  const expected = "a gRPC status from 1 to 16, or an HTTP status from 400 to 599";
  throw new OptionRangeError("status", expected, formatValue(status));
}
