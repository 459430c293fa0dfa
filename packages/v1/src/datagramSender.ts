import type { Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Address } from "./address.js";
import type { DatagramQueue } from "./datagramQueue.js";
import { AddressLookupError, DatagramSendError, OversizedDatagramError } from "./errors.js";
import { openSocket } from "./openSocket.js";

/**
 * How many datagrams are sent in one turn of the event loop: few enough that other work has its
 * turn soon, and no more than Node.js reads in a turn, so that a listener in the same process can
 * keep up.
 */
const batchSize = 32;
/** The pause after a failure. It doubles with each one that follows within `maxPauseMs`. */
const minPauseMs = 50;
const maxPauseMs = 5_000;

/** What a sender tells. */
export interface SenderEvents {
  onDropped(count: number): void;
  onError(error: Error): void;
}

/**
 * Sends what a queue holds, batch by batch, over a socket that it opens when there is something to
 * send, and that it replaces when it fails, after a pause in which the queue waits.
 */
export class DatagramSender {
  readonly #queue: DatagramQueue;
  readonly #address: Address;
  readonly #events: SenderEvents;
  #socket: Socket | undefined;
  #running: Promise<void> | undefined;
  #batch: Promise<void> | undefined;
  #sent = 0;
  #inFlight = 0;
  #failures = 0;
  #lastFailureMs = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;
  /** Datagrams that the socket refused once, perhaps for the fate of one before them. */
  readonly #refusedOnce = new WeakSet<Uint8Array>();
  /** Aborts when there is no time for pauses any more. */
  readonly #hurry = new AbortController();
  /** Aborts when nothing may be sent any more. */
  readonly #end = new AbortController();

  constructor(queue: DatagramQueue, address: Address, events: SenderEvents) {
    this.#queue = queue;
    this.#address = address;
    this.#events = events;
  }

  /** How many datagrams the system has taken. */
  get sent(): number {
    return this.#sent;
  }

  /** How many datagrams the system has not answered for yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends what is in the queue, unless that is under way already. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when everything in the queue is sent, or else dropped: there are no pauses any more. */
  async drain(): Promise<void> {
    this.#hurry.abort();
    if (!this.#end.signal.aborted)
      await Promise.race([this.#running, once(this.#end.signal, "abort")]);
    await this.#batch;
  }

  /** Sends nothing any more, and closes the socket. */
  end(): void {
    this.#hurry.abort();
    this.#end.abort();
    this.#closeSocket();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    // What is emitted until the next turn is sent together.
    for (await nextTurn(); !signal.aborted && this.#queue.size > 0; await nextTurn()) {
      if (this.#pauseMs > 0) await this.#pause();
      const socket = this.#socket ?? (await this.#open());
      if (socket !== undefined) {
        this.#batch = this.#sendBatch(socket);
        await this.#batch;
      } else if (this.#hurry.signal.aborted) {
        this.#events.onDropped(this.#queue.clear());
      }
    }
    this.#running = undefined;
  }

  async #pause(): Promise<void> {
    const milliseconds = this.#pauseMs;
    this.#pauseMs = 0;
    // A process that has nothing else to do need not wait for an agent that is away.
    const options = { ref: false, signal: this.#hurry.signal };
    await pause(milliseconds, undefined, options).catch(() => {});
  }

  async #open(): Promise<Socket | undefined> {
    try {
      const socket = await openSocket(this.#address, this.#failures);
      if (this.#end.signal.aborted) {
        socket.close();
        return undefined;
      }
      // Where nobody listens, the system may say so after the datagram was sent.
      socket.on("error", (error) => this.#failed(socket, error));
      this.#socket = socket;
      return socket;
    } catch (error) {
      this.#failed(undefined, error as Error);
      return undefined;
    }
  }

  async #sendBatch(socket: Socket): Promise<void> {
    const refused: Uint8Array[] = [];
    let failure: Error | undefined;
    await new Promise<void>((resolve) => {
      let unanswered = Math.min(batchSize, this.#queue.size);
      const answered = (datagram: Uint8Array, error: NodeJS.ErrnoException | null) => {
        if (error === null) {
          this.#sent++;
          this.#inFlight--;
        } else if (error.code === "EMSGSIZE") {
          this.#drop(1);
          this.#events.onError(new OversizedDatagramError(datagram.length, { cause: error }));
        } else {
          failure = error;
          refused.push(datagram);
        }
        if (--unanswered === 0) resolve();
      };
      this.#inFlight = unanswered;
      for (let left = unanswered; left > 0; left--) {
        const datagram = this.#queue.shift() as Uint8Array;
        socket.send(datagram, (error) => answered(datagram, error));
      }
    });
    for (const datagram of refused.reverse()) this.#putBack(datagram);
    if (failure !== undefined) this.#failed(socket, failure);
  }

  /** A socket tells of the fate of one datagram when it is given the next: that one gets another try. */
  #putBack(datagram: Uint8Array): void {
    if (this.#refusedOnce.has(datagram) || this.#end.signal.aborted) {
      this.#drop(1);
      return;
    }
    this.#refusedOnce.add(datagram);
    this.#inFlight--;
    this.#queue.putBack(datagram);
  }

  #drop(count: number): void {
    this.#inFlight -= count;
    this.#events.onDropped(count);
  }

  #failed(socket: Socket | undefined, error: Error): void {
    if (socket !== this.#socket || this.#end.signal.aborted) return;
    const now = performance.now();
    const sinceLastMs = now - this.#lastFailureMs;
    this.#lastFailureMs = now;
    if (sinceLastMs > 2 * maxPauseMs) this.#failures = 0;
    // Half of it by chance, so that clients that failed together don't come back together.
    const pauseMs = Math.min(maxPauseMs, minPauseMs * 2 ** this.#failures++);
    this.#pauseMs = pauseMs * (0.5 + Math.random() / 2);
    if (!this.#hurry.signal.aborted) {
      this.#closeSocket();
    } else if (sinceLastMs < minPauseMs) {
      // What is left is tried on the same socket, and with no pauses between, one error tells all.
      return;
    }
    this.#events.onError(asSendError(error, this.#address));
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    // Not at once: a datagram just given to a socket that closes would never be answered for.
    if (socket !== undefined) setImmediate(() => socket.close());
  }
}

function asSendError(error: Error, { host, port }: Address): Error {
  if (error instanceof AddressLookupError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const why = code === "ECONNREFUSED" ? "nobody listens there" : error.message;
  return new DatagramSendError(`expected datagrams to reach ${host}:${port}: ${why}`, {
    cause: error,
  });
}
