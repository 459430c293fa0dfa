import {
  checkOptionNames,
  formatValue,
  nonEmptyString,
  OptionTypeError,
  stringArgument,
} from "@loggregator/core";
import type { ClientCertificate } from "./drainMessage.js";

/** A user and password, as in the URL of a drain: `https://user:password@receiver.example.com`. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** The credentials that senders need. */
export interface DrainAuthentication {
  /**
   * The user and password that are accepted over HTTP. Pass several to rotate them without
   * interruption.
   *
   * @default none
   */
  readonly basic?: BasicCredentials | readonly BasicCredentials[] | undefined;
  /**
   * The token that is accepted over HTTP, as `Authorization: Bearer <token>`.
   *
   * @default none
   */
  readonly bearer?: string | readonly string[] | undefined;
  /**
   * Whether senders need a client certificate, which the server must have verified (`requestCert`).
   * A function must also return true for the certificate. Required in addition to `basic` or
   * `bearer`.
   *
   * @default false
   */
  readonly clientCertificate?: boolean | ((certificate: ClientCertificate) => boolean) | undefined;
}

/** The result of a check: the authenticated user, if there is one, or the missing credential. */
export type Verdict =
  | { readonly ok: true; readonly user?: string | undefined }
  | { readonly ok: false; readonly missing: "credentials" | "certificate" };

/**
 * Checks credentials in constant time: a comparison takes the same time wherever the first
 * difference is, and covers all accepted credentials.
 */
export class Credentials {
  readonly #basic: readonly { readonly user: string; readonly secret: Uint8Array }[];
  readonly #bearer: readonly Uint8Array[];
  readonly #certificate: DrainAuthentication["clientCertificate"];

  /** @throws OptionTypeError, OptionRangeError for an invalid option. Secrets are not shown. */
  constructor(auth: DrainAuthentication = {}) {
    checkOptionNames<DrainAuthentication>("auth", auth, {
      basic: true,
      bearer: true,
      clientCertificate: true,
    });
    this.#basic = listOf(auth.basic).map((credentials) => {
      checkOptionNames<BasicCredentials>("auth.basic", credentials, {
        username: true,
        password: true,
      });
      const user = stringArgument("auth.basic.username", credentials.username);
      if (user.includes(":")) {
        throw new OptionTypeError("auth.basic.username", "without a colon", formatValue(user));
      }
      const password = checkSecret("auth.basic.password", credentials.password);
      return { user, secret: encoder.encode(`${user}:${password}`) };
    });
    this.#bearer = listOf(auth.bearer).map((token) =>
      encoder.encode(checkSecret("auth.bearer", token)),
    );
    const { clientCertificate } = auth;
    if (!["undefined", "boolean", "function"].includes(typeof clientCertificate)) {
      const expected = "true, false or a function";
      throw new OptionTypeError("auth.clientCertificate", expected, formatValue(clientCertificate));
    }
    this.#certificate = clientCertificate;
  }

  /** Whether requests must have a user and password, or a token. */
  get needsHeader(): boolean {
    return this.#basic.length + this.#bearer.length > 0;
  }

  get needsCertificate(): boolean {
    return this.#certificate !== undefined && this.#certificate !== false;
  }

  /** The `WWW-Authenticate` headers of a refusal. */
  get challenge(): string {
    const schemes = [
      ...(this.#basic.length > 0 ? ['Basic realm="drain", charset="UTF-8"'] : []),
      ...(this.#bearer.length > 0 ? ['Bearer realm="drain"'] : []),
    ];
    return schemes.join(", ");
  }

  /** @param certificate The client's certificate, if the server has verified it. */
  acceptsCertificate(certificate: ClientCertificate | undefined): boolean {
    if (!this.needsCertificate) {
      return true;
    }
    if (certificate === undefined) {
      return false;
    }
    return this.#certificate === true || (this.#certificate as Check)(certificate) === true;
  }

  /** @param header The `Authorization` header of the request. */
  check(header: string | undefined, certificate: ClientCertificate | undefined): Verdict {
    if (!this.acceptsCertificate(certificate)) {
      return { ok: false, missing: "certificate" };
    }
    if (!this.needsHeader) {
      return { ok: true };
    }
    const [, scheme = "", value = ""] = /^(basic|bearer) +(\S+)$/i.exec(header ?? "") ?? [];
    if (scheme.toLowerCase() === "basic") {
      const given = decodeBase64(value);
      const matching = this.#basic.filter(({ secret }) => isEqual(given, secret));
      if (matching.length > 0) {
        return { ok: true, user: matching[0]?.user };
      }
    } else if (scheme !== "") {
      const given = encoder.encode(value);
      if (this.#bearer.filter((token) => isEqual(given, token)).length > 0) {
        return { ok: true };
      }
    }
    return { ok: false, missing: "credentials" };
  }
}

type Check = (certificate: ClientCertificate) => boolean;

const encoder = new TextEncoder();

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? value : [value as T];
}

/**
 * @throws OptionTypeError, OptionRangeError for an invalid value, which the message does not
 * contain.
 */
function checkSecret(name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw new OptionTypeError(name, "a non-empty string", typeof value);
  }
  return nonEmptyString(name, value);
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** Compares in a time that depends only on the length of `given`. */
function isEqual(given: Uint8Array, secret: Uint8Array): boolean {
  let difference = given.length ^ secret.length;
  for (let i = 0; i < given.length; i++) {
    difference |= (given[i] as number) ^ (secret[i % secret.length] as number);
  }
  return difference === 0;
}
