import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { checkOptionNames, positiveInteger, positiveMs } from "@loggregator/core";
import type { DrainSenderTls } from "../sender/options.js";
import { type DrainTarget, parseDrainUrl } from "../sender/parseDrainUrl.js";
import { ArrivalReader, type Arrivals } from "./arrivals.js";
import type { CheckedCertificate } from "./certificateChain.js";
import {
  type CheckedTls,
  connectReceiver,
  resolveReceiver,
  secureReceiver,
  speaksTls,
} from "./connectReceiver.js";
import { DrainCheckFailure, type DrainProblem, tlsExpected } from "./drainCheckFailure.js";
import { type MarkedEnvelope, markedEnvelopes } from "./markedEnvelopes.js";
import { sendFrames } from "./sendFrames.js";
import { sendRequests } from "./sendRequests.js";

/** Options of `checkDrain`. */
export interface CheckDrainOptions {
  /**
   * TLS settings: a client certificate, and authorities in addition to those of Node.js.
   *
   * @default none: no client certificate, and the authorities of Node.js
   */
  readonly tls?: DrainSenderTls | undefined;
  /**
   * The number of messages of each kind: logs of stdout and stderr, counters, gauges, timers and
   * events. Raise it to detect a receiver that loses only some messages.
   *
   * @default 3
   */
  readonly count?: number | undefined;
  /**
   * Text of the receiving side that contains the marks of received messages: the output of
   * `loggregator drain receive`, the receiver's log, or search results of its store.
   *
   * @default none: arrival is not checked
   */
  readonly received?: AsyncIterable<string | Uint8Array> | undefined;
  /**
   * The time limit of each step, and of the arrival of messages, in milliseconds. Raise it if
   * messages appear in `received` with a delay.
   *
   * @default 5_000
   */
  readonly timeoutMs?: number | undefined;
}

/** The result of a check. */
export interface DrainReport {
  /** The URL without user, password and query. */
  readonly url: string;
  /** Whether all problems are warnings. */
  readonly ok: boolean;
  readonly problems: readonly DrainProblem[];
  /** The addresses of the host. */
  readonly addresses: readonly string[];
  /** The version of TLS, such as `TLSv1.3`. */
  readonly protocol?: string | undefined;
  /** The certificates that the server sent, its own first. */
  readonly chain: readonly CheckedCertificate[];
  /** The number of messages that were sent. */
  readonly sent: number;
  /** The arrived messages, if `received` is set. */
  readonly arrivals?: Arrivals | undefined;
}

/**
 * Checks a receiver as Cloud Foundry's agent would use it: resolves its name, connects, checks its
 * certificates, sends marked messages, and searches for them on the receiving side. Problems are
 * part of the report. Node.js only.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid URL or option.
 */
export async function checkDrain(
  url: string | URL,
  options: CheckDrainOptions = {},
): Promise<DrainReport> {
  checkOptionNames<CheckDrainOptions>("options", options, {
    tls: true,
    count: true,
    received: true,
    timeoutMs: true,
  });
  const target = parseDrainUrl(url);
  const count = positiveInteger("count", options.count ?? 3);
  const timeoutMs = positiveMs("timeoutMs", options.timeoutMs ?? 5_000);
  const check = new Check(target, options, timeoutMs);
  const marked = markedEnvelopes(randomBytes(4).toString("hex"), count);
  try {
    await check.run(marked);
  } catch (error) {
    if (!(error instanceof DrainCheckFailure)) {
      throw error;
    }
    check.problems.push(error.problem);
  }
  return check.report();
}

class Check {
  readonly problems: DrainProblem[] = [];
  readonly #target: DrainTarget;
  readonly #options: CheckDrainOptions;
  readonly #timeoutMs: number;
  #addresses: readonly string[] = [];
  #tls: CheckedTls | undefined;
  #sent = 0;
  #arrivals: Arrivals | undefined;

  constructor(target: DrainTarget, options: CheckDrainOptions, timeoutMs: number) {
    this.#target = target;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  async run(marked: readonly MarkedEnvelope[]): Promise<void> {
    const target = this.#target;
    if (!target.tls) {
      this.problems.push({
        code: "unencrypted",
        severity: "warning",
        message: "messages are sent without encryption and authentication",
        remedy: "use https, https-batch or syslog-tls outside of private networks",
      });
    }
    this.#addresses = await resolveReceiver(target);
    const socket = await this.#connect();
    try {
      const begin = performance.now();
      const { received } = this.#options;
      const arriving =
        received === undefined ? undefined : new ArrivalReader(received, marked, begin);
      try {
        await this.#send(socket, marked);
      } catch (error) {
        arriving?.cancel();
        throw error;
      }
      this.#sent = marked.length;
      this.#arrivals = await arriving?.result(this.#timeoutMs);
      this.#judgeArrivals();
    } finally {
      socket.destroy();
    }
  }

  report(): DrainReport {
    return {
      url: this.#target.name,
      ok: this.problems.every(({ severity }) => severity === "warning"),
      problems: this.problems,
      addresses: this.#addresses,
      protocol: this.#tls?.protocol,
      chain: this.#tls?.chain ?? [],
      sent: this.#sent,
      arrivals: this.#arrivals,
    };
  }

  async #connect(): Promise<Socket> {
    const socket = await connectReceiver(this.#target, this.#timeoutMs);
    if (!this.#target.tls) {
      return socket;
    }
    const { tls = {} } = this.#options;
    this.#tls = await secureReceiver(socket, this.#target, tls, this.#timeoutMs);
    this.problems.push(...this.#tls.warnings);
    return this.#tls.socket;
  }

  async #send(socket: Socket, marked: readonly MarkedEnvelope[]): Promise<void> {
    const target = this.#target;
    try {
      if (target.transport === "http") {
        await sendRequests(socket, target, marked, this.#timeoutMs);
      } else {
        await sendFrames(socket, marked, this.#timeoutMs);
      }
    } catch (error) {
      const isUnclear =
        error instanceof DrainCheckFailure && /^(closed|not-reading)$/.test(error.problem.code);
      // A TLS server waits for a handshake, or closes the connection if it receives something else.
      if (isUnclear && !target.tls && (await speaksTls(target, this.#timeoutMs))) {
        throw tlsExpected();
      }
      throw error;
    }
  }

  #judgeArrivals(): void {
    const arrivals = this.#arrivals;
    if (arrivals === undefined || arrivals.arrived === this.#sent) {
      return;
    }
    const lost = this.#sent - arrivals.arrived;
    const kinds = Object.entries(arrivals.missing).map(([kind, count]) => `${count} ${kind}`);
    const all = arrivals.arrived === 0;
    this.problems.push({
      code: "messages-lost",
      severity: "error",
      message: `${lost} of ${this.#sent} messages did not arrive within ${this.#timeoutMs} ms (${kinds.join(", ")})`,
      remedy: all
        ? "check that the receiving side belongs to this URL, and that it prints messages without delay"
        : "check which messages the receiver filters or cannot read; see its log",
    });
  }
}
