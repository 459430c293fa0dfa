import type { SecureContext } from "node:tls";
import { abortable, formatValue, oneOf } from "@loggregator/core";
import { ConnectionError, TlsError } from "../errors.js";
import {
  type PartialTlsMaterial,
  type PartialTlsSource,
  partialSecureContext,
} from "./partialSecureContext.js";
import { secureContext, type TlsMaterial, type TlsSource } from "./tls.js";

/** The security of a connection. */
export type Security = "mutual-tls" | "tls" | "plain-text";

/** Loads and checks the certificates of a connection. */
export class Credentials {
  readonly #address: string;
  readonly #security: Security;
  readonly #source: TlsSource | PartialTlsSource | undefined;

  /**
   * @throws OptionTypeError for an invalid option; TlsError for certificates that cannot be used.
   */
  constructor(
    address: string,
    security: Security,
    source: TlsSource | PartialTlsSource | undefined,
  ) {
    this.#address = address;
    this.#security = oneOf("security", security, ["mutual-tls", "tls", "plain-text"]);
    this.#source = source;
    if (typeof source !== "function") {
      this.#secureContext(source);
    }
  }

  get isPlainText(): boolean {
    return this.#security === "plain-text";
  }

  /**
   * Returns the certificates. They are checked each time, because they may have expired since the
   * last connection. The context is undefined for plain text.
   *
   * @throws ConnectionError if they cannot be loaded or used; the signal's reason if it aborts.
   */
  async load(signal: AbortSignal): Promise<{
    readonly tls: PartialTlsMaterial | undefined;
    readonly context: SecureContext | undefined;
  }> {
    const source = this.#source;
    let from = "tls() failed: ";
    try {
      const tls =
        typeof source === "function" ? await abortable(signal, Promise.resolve(source())) : source;
      from = "";
      return { tls, context: this.#secureContext(tls) };
    } catch (cause) {
      signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : formatValue(cause);
      // The message of a TlsError is complete.
      const prefix = cause instanceof TlsError ? "" : from;
      throw new ConnectionError(this.#address, `${prefix}${reason}`, { cause });
    }
  }

  #secureContext(tls: PartialTlsMaterial | undefined): SecureContext | undefined {
    switch (this.#security) {
      case "mutual-tls":
        return secureContext(tls as TlsMaterial);
      case "tls":
        return partialSecureContext(tls ?? {});
      case "plain-text":
        return undefined;
    }
  }
}
