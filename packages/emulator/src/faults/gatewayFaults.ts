import { STATUS_CODES } from "node:http";
import { formatValue, OptionRangeError } from "@loggregator/core";
import {
  type GatewayRefusal,
  jsonRefusal,
  notFound,
  streamingUnavailable,
} from "../gateway/gatewayRefusal.js";
import { FaultSwitch, type Faults } from "./faults.js";

/** The faults of the gateway, and those of every endpoint. */
export interface GatewayFaults extends Faults {
  /**
   * Answers new requests with a status. Open streams continue.
   *
   * @param status The HTTP status. The gateway uses 503 without an RLP: `streaming_unavailable`.
   * @param error The error code in the body. Default: the gateway's for 404 and 503, otherwise
   * derived from the status.
   * @throws OptionRangeError if the status is not from 400 to 599.
   */
  refuse(status: number, error?: string): void;
}

/** The faults of the gateway. */
export class GatewayFaultSwitch extends FaultSwitch implements GatewayFaults {
  #refusal: GatewayRefusal | undefined;

  /** The answer to new requests, or undefined if they are accepted. */
  get refusal(): GatewayRefusal | undefined {
    return this.#refusal;
  }

  refuse(status: number, error?: string): void {
    if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
      throw new OptionRangeError("status", "an HTTP status from 400 to 599", formatValue(status));
    }
    const known = [notFound, streamingUnavailable].find((refusal) => refusal.status === status);
    if (known !== undefined && error === undefined) {
      this.#refusal = known;
      return;
    }
    const message = (STATUS_CODES[status] ?? "refused").toLowerCase();
    this.#refusal = jsonRefusal(status, error ?? message.replaceAll(/\W+/g, "_"), message);
  }

  override clear(): void {
    this.#refusal = undefined;
    super.clear();
  }
}
