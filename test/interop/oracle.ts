import { Peer } from "./peer.js";

/** The result of the reference for an input: a value, or a rejection. */
export type Answer<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly error: string; readonly value?: undefined };

/** Runs inputs through the reference; see test/interop/peer/oracle.go. */
export class Oracle implements AsyncDisposable {
  readonly #peer = new Peer("oracle");

  ask<T>(ask: string, question: object): Promise<Answer<T>> {
    this.#peer.send({ ask, ...question });
    return this.#peer.next();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}

/** Encodes bytes for a line to the Go program. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
