import { isOptionError } from "@loggregator/core";
import { CommandError, UsageError } from "./errors.js";
import { opensslReason } from "./opensslReason.js";

/** Longer messages are cut: what others answered belongs into a message only in part. */
const maxMessageLength = 1_000;

/**
 * Turns an error of a library into what the command prints: one line with a remedy.
 *
 * The errors are told apart by name, because importing their classes would load gRPC for commands
 * that do without it.
 */
export function explain(error: unknown): CommandError {
  if (error instanceof CommandError) {
    return error;
  }
  if (!(error instanceof Error)) {
    return new CommandError(String(error));
  }
  // Options that users give are checked, and named by `withFlags`. The rest is a bug in here.
  if (error instanceof TypeError || error instanceof RangeError) {
    return new CommandError(error.stack ?? error.message, { cause: error });
  }
  const message = shortened(opensslReason(withFlagNames(messageOf(error)))).trimEnd();
  const remedy = remedyFor(error, message);
  return new CommandError(remedy === undefined ? message : `${message}; ${remedy}`, {
    cause: error,
  });
}

/** The message of an error, without the path of the gRPC method, which means nothing to users. */
export function messageOf(error: Error & { readonly path?: unknown }): string {
  const { message, path } = error;
  const isPrefixed = typeof path === "string" && path !== "" && message.startsWith(`${path} `);
  return isPrefixed ? message.slice(path.length + 1) : message;
}

/**
 * Calls a library, and names an option that it rejects as the command line does.
 *
 * @param flags The flags by the names of the options: `{ address: "--egress" }`.
 */
export async function withFlags<T>(
  flags: Readonly<Record<string, string>>,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isOptionError(error) || !Object.hasOwn(flags, error.option)) {
      throw error;
    }
    const { option, expected, received } = error;
    throw new UsageError(`${flags[option]} must be ${expected}, got ${received}`, {
      cause: error,
    });
  }
}

const tlsScheme = "check the address; that of a gateway with TLS begins with https://";
const noServer = 'check the address, or start a Loggregator here with "loggregator emulate"';

function remedyFor(error: Error, message: string): string | undefined {
  const isTls =
    error.name === "TlsError" || (error.cause as Error | undefined)?.name === "TlsError";
  if (isTls || message.includes("(--cert)")) {
    return 'check the address, --ca, --cert and --key; "loggregator emulate" writes a set that fits';
  }
  switch (error.name) {
    case "GatewayConnectionError":
      return remedyForCode(codeOf(error), message);
    case "ConnectionError":
    case "StreamSilentError":
    case "AddressLookupError":
    case "DatagramSendError":
      return noServer;
    case "GatewayResponseError":
      return remedyForResponse(error as Error & GatewayResponse);
    case "EmulatorStartError":
      return message.includes("is taken") ? undefined : "choose another address";
    default:
      return undefined;
  }
}

/** The fields of the error with that name. */
interface GatewayResponse {
  readonly status: number;
  readonly code: string | undefined;
  readonly body?: string | undefined;
  readonly routerError?: string | undefined;
}

function remedyForResponse({ status, code, body, routerError }: GatewayResponse): string {
  if (routerError !== undefined) {
    return "check the host name, or try again later if the gateway is being deployed";
  }
  // The answer of a Go server with TLS to plain HTTP.
  if (status === 400 && body?.startsWith("Client sent an HTTP request to an HTTPS server")) {
    return tlsScheme;
  }
  if (status === 401 || (status === 404 && code !== undefined)) {
    return 'give a valid token with --token or CF_TOKEN, or log in with "cf login"';
  }
  // Another server's page for a path that it does not have.
  if (status === 404) {
    return "check that the address is a gateway's, and the token";
  }
  return status >= 500 ? "try again later" : "check that the address is a gateway's";
}

function remedyForCode(code: string, message: string): string | undefined {
  // The errors of a proxy have their own advice.
  if (message.includes("NO_PROXY")) {
    return undefined;
  }
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "renew the gateway's certificate, or set the clock of this machine";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "use a name of the gateway that is in its certificate";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "check the address; that of a gateway without TLS begins with http://";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return message.includes(" http://") ? tlsScheme : noServer;
    default:
      return message.includes("certificate")
        ? "give the authority that signed it with --ca"
        : noServer;
  }
}

/** The error code of Node.js, from the error or what caused it. */
function codeOf(error: unknown): string {
  const seen = new Set<unknown>();
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    if ("code" in cause) {
      return String(cause.code);
    }
    seen.add(cause);
  }
  return "";
}

function shortened(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
}

/** The TLS options of the libraries, which the text of a TlsError mentions. */
const tlsFlags = {
  caPath: "--ca",
  "tls.ca": "--ca",
  certPath: "--cert",
  "tls.cert": "--cert",
  keyPath: "--key",
  "tls.key": "--key",
};

function withFlagNames(message: string): string {
  return Object.entries(tlsFlags).reduce(
    (text, [name, flag]) => text.replaceAll(name, flag),
    message,
  );
}
