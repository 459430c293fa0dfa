import { formatValue, OptionTypeError } from "@loggregator/core";
import { isStringArray } from "../../isStringArray.js";
import type { AdmissionOptions } from "./admitRequest.js";
import { createCors, type GatewayCors } from "./gatewayCors.js";

/** Options of the emulator's HTTP servers that permit access beyond programs on this machine. */
export interface WebAccessOptions {
  /**
   * The web pages of other origins that may use the server: `true` for all, or a list of origins,
   * for example `["http://localhost:5173"]`.
   *
   * @default false, as in real servers
   */
  readonly cors?: GatewayCors | undefined;
  /**
   * Host names with a dot by which clients may address the server. Names without one, IP addresses
   * and the names in its addresses always work; others are refused, because the name of a website
   * can be made to resolve to this machine (DNS rebinding).
   *
   * @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
}

/**
 * @param option The name of the server's options, for errors.
 * @param listenHosts The hosts on which the server listens.
 * @throws OptionTypeError for an invalid option.
 */
export function readWebAccess(
  option: string,
  { cors = false, allowedHosts = [] }: WebAccessOptions,
  listenHosts: readonly string[],
): AdmissionOptions {
  if (!isStringArray(allowedHosts)) {
    const received = formatValue(allowedHosts);
    throw new OptionTypeError(`${option}.allowedHosts`, "an array of host names", received);
  }
  return {
    allowOrigin: createCors(cors, `${option}.cors`),
    allowedHosts: [...allowedHosts, ...listenHosts],
  };
}
