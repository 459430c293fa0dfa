import type { ClientHttp2Session } from "node:http2";
import { StallTimer } from "@loggregator/core";

/**
 * The maximum interval between liveness checks in milliseconds, even if pings are allowed less
 * often.
 */
const maxCheckIntervalMs = 20_000;

/** The tolerated difference between a timer and the clock, in milliseconds. */
const timerToleranceMs = 2;

export interface KeepaliveSettings {
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
}

/**
 * Detects a peer that has stopped responding, while calls are open.
 *
 * Servers limit how often a client may ping. Between pings, empty SETTINGS frames are sent: servers
 * must acknowledge them as well (RFC 9113, 6.5.3), and do not limit them. Neither is sent while
 * data is arriving.
 */
export class Keepalive {
  readonly #session: ClientHttp2Session;
  readonly #settings: KeepaliveSettings;
  readonly #receivedBytes: () => number;
  readonly #answerTimer: StallTimer;
  #interval: NodeJS.Timeout | undefined;
  #calls = 0;
  #receivedBefore = 0;
  #receivedAtProbe = 0;
  /** Initially the start of the connection: servers measure the first interval from there. */
  #pingedAt = performance.now();

  /**
   * @param receivedBytes Returns the number of bytes that the connection has received.
   * @param onDead Called once the peer has not responded for `keepaliveTimeoutMs`.
   */
  constructor(
    session: ClientHttp2Session,
    settings: KeepaliveSettings,
    receivedBytes: () => number,
    onDead: () => void,
  ) {
    this.#session = session;
    this.#settings = settings;
    this.#receivedBytes = receivedBytes;
    this.#answerTimer = new StallTimer(settings.keepaliveTimeoutMs, () => {
      if (receivedBytes() === this.#receivedAtProbe) {
        onDead();
      }
    });
  }

  callStarted(): void {
    if (this.#calls++ > 0 || this.#settings.keepaliveIntervalMs === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#receivedBefore = this.#receivedBytes();
    const intervalMs = Math.min(this.#settings.keepaliveIntervalMs, maxCheckIntervalMs);
    // The timer is unref'ed: only the connection keeps the process running.
    this.#interval = setInterval(() => this.#check(), intervalMs).unref();
  }

  callEnded(): void {
    if (--this.#calls === 0) {
      this.stop();
    }
  }

  stop(): void {
    clearInterval(this.#interval);
    this.#answerTimer.stop();
  }

  #check(): void {
    if (this.#session.destroyed) {
      this.stop();
      return;
    }
    const received = this.#receivedBytes();
    if (received === this.#receivedBefore) {
      this.#probe(received);
    } else {
      this.#receivedBefore = received;
      this.#answerTimer.pause();
    }
  }

  #probe(received: number): void {
    this.#receivedAtProbe = received;
    this.#answerTimer.start();
    const now = performance.now();
    if (now - this.#pingedAt >= this.#settings.keepaliveIntervalMs - timerToleranceMs) {
      this.#pingedAt = now;
      this.#session.ping(ignore);
    } else {
      sendSettings(this.#session, ignore);
    }
  }
}

/**
 * Sends an empty SETTINGS frame and calls back when it is acknowledged, or if it cannot be sent:
 * Node.js allows ten unacknowledged ones.
 */
export function sendSettings(session: ClientHttp2Session, callback: () => void): void {
  try {
    session.settings({}, callback);
  } catch {
    callback();
  }
}

/** The reply itself is not evaluated: any byte that arrives counts. */
function ignore(): void {}
