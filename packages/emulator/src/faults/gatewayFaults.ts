import { STATUS_CODES } from "node:http";
import { type GatewayRefusal, notFound, streamingUnavailable } from "../gateway/gatewayRefusal.js";
import { FaultSwitch, type Faults } from "./faults.js";

export interface GatewayFaults extends Faults {
  /**
   * New requests are answered with this status. Streams that are open go on.
   *
   * @param status of HTTP; 503 is what the gateway says when it has no RLP: `streaming_unavailable`
   * @param error what the body names. Default: the gateway's for 404 and 503, else made of the status
   * @throws RangeError where the status is not from 400 to 599
   */
  refuse(status: number, error?: string): void;
}

/** The faults of the gateway. */
export class GatewayFaultSwitch extends FaultSwitch implements GatewayFaults {
  #refusal: GatewayRefusal | undefined;

  /** How new requests are to be answered; undefined: as they deserve. */
  get refusal(): GatewayRefusal | undefined {
    return this.#refusal;
  }

  refuse(status: number, error?: string): void {
    if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
      throw new RangeError(`refuse: expected an HTTP status from 400 to 599, got ${status}`);
    }
    const known = [notFound, streamingUnavailable].find((refusal) => refusal.status === status);
    const message = known?.message ?? (STATUS_CODES[status] ?? "refused").toLowerCase();
    this.#refusal = {
      status,
      error: error ?? known?.error ?? message.replaceAll(/\W+/g, "_"),
      message,
    };
  }

  override clear(): void {
    this.#refusal = undefined;
    super.clear();
  }
}
