import { Peer } from "./peer.js";

/** What the reference made of an input: a value, or it refused it. */
export type Answer<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly error: string; readonly value?: undefined };

/** The reference, asked what it makes of inputs; see test/interop/peer/oracle.go. */
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

/** Bytes as they stand in a line to Go. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
