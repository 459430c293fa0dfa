import { errorText, formatValue, isOptionError } from "@loggregator/core";
import { CommandError, UsageError } from "./errors.js";
import { opensslReason } from "./opensslReason.js";

/** The maximum length of a message, which may quote an answer. */
const maxMessageLength = 1_000;

/**
 * Converts an error of a library to the command's message: one line with a remedy.
 *
 * Errors are distinguished by name, because importing their classes would load gRPC for commands
 * that do not need it.
 */
export function explain(error: unknown): CommandError {
  if (error instanceof CommandError) {
    return error;
  }
  if (!(error instanceof Error)) {
    return new CommandError(errorText(error));
  }
  // Options of users are reported by `withFlags`. Any other is a bug in this command.
  if (error instanceof TypeError || error instanceof RangeError) {
    return new CommandError(error.stack ?? error.message, { cause: error });
  }
  const message = shortened(opensslReason(messageOf(error))).trimEnd();
  const remedy = remedyFor(error);
  return new CommandError(remedy === undefined ? message : `${message}; ${remedy}`, {
    cause: error,
  });
}

/**
 * Returns the message of an error for the command line: without the path of the gRPC method, and
 * with the flag instead of the option of a `TlsError`.
 */
export function messageOf(error: Error & { readonly path?: unknown }): string {
  const { message, path } = error;
  const isPrefixed = typeof path === "string" && path !== "" && message.startsWith(`${path} `);
  const text = isPrefixed ? message.slice(path.length + 1) : message;
  const tls = causeOf<TlsFault>(error, "TlsError");
  // Errors that it caused quote its message.
  return tls === undefined ? text : text.replace(tls.message, () => tlsMessage(tls));
}

/**
 * Calls a library, and reports a rejected option by its flag.
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

const tlsScheme = "check the address: if the gateway uses TLS, it begins with https://";
const noServer = 'check the address, or start a local Loggregator with "loggregator emulate"';

function remedyFor(error: Error): string | undefined {
  const tls = causeOf<TlsFault>(error, "TlsError");
  if (tls !== undefined) {
    const checked = tls.path === undefined ? "the address, --ca, --cert and --key" : "the file";
    return `check ${checked}; "loggregator emulate --env" writes a matching set`;
  }
  switch (error.name) {
    case "GatewayConnectionError":
      return remedyForCode(codeOf(error), error as Error & GatewayFault);
    case "ConnectionError":
      // Errors of a proxy already contain advice.
      return (error as ConnectionFault).step === "proxy" ? undefined : noServer;
    case "StreamSilentError":
    case "AddressLookupError":
    case "DatagramSendError":
      return noServer;
    case "GatewayResponseError":
      return remedyForResponse(error as Error & GatewayResponse);
    case "AppLookupError":
      return "check --app, --space and --org";
    case "CloudControllerError":
      return 'check --api and --token, or log in with "cf login"';
    case "LogCacheConnectionError":
      return noServer;
    case "EmulatorStartError":
      return codeOf(error) === "EADDRINUSE" ? undefined : "choose another address";
    default:
      return undefined;
  }
}

/** The fields of a `TlsError`. */
interface TlsFault extends Error {
  readonly reason: string;
  readonly option: string | undefined;
  readonly path: string | undefined;
}

/** The fields of a `ConnectionError`. */
interface ConnectionFault extends Error {
  readonly step: string | undefined;
}

/** The fields of a `GatewayConnectionError`. */
interface GatewayFault {
  readonly url: string;
}

/** The fields of a `GatewayResponseError`. */
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
  // A Go server with TLS answers this to plain HTTP.
  if (status === 400 && body?.startsWith("Client sent an HTTP request to an HTTPS server")) {
    return tlsScheme;
  }
  if (status === 401 || (status === 404 && code !== undefined)) {
    return 'pass a valid token with --token or CF_TOKEN, or log in with "cf login"';
  }
  // The page of another server for an unknown path.
  if (status === 404) {
    return "check the token, and that the address is that of a gateway";
  }
  return status >= 500 ? "try again later" : "check that the address is that of a gateway";
}

function remedyForCode(code: string, { url }: GatewayFault): string | undefined {
  switch (code) {
    case "ERR_PROXY":
      // It already contains advice.
      return undefined;
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "renew the gateway's certificate, or set the clock of this machine";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "use a name of the gateway that is in its certificate";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "check the address: if the gateway does not use TLS, it begins with http://";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return url.startsWith("http:") ? tlsScheme : noServer;
    default:
      return untrustedCodes.test(code)
        ? "pass the certificate of the authority that signed it with --ca"
        : noServer;
  }
}

/** OpenSSL's names of the reasons why a certificate cannot be verified. */
const untrustedCodes =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|INVALID_\w+)$/;

/** Returns the error code of Node.js, from the error or its causes. */
function codeOf(error: Error): string {
  const coded = chainOf(error).find((cause) => "code" in cause);
  return String((coded as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** Returns the error with this name: the error itself or one of its causes. */
function causeOf<E extends Error>(error: Error, name: string): E | undefined {
  return chainOf(error).find((cause) => cause.name === name) as E | undefined;
}

/** Returns the error and its chain of causes. */
function chainOf(error: Error): Error[] {
  const chain: Error[] = [];
  for (let cause: unknown = error; cause instanceof Error && !chain.includes(cause); ) {
    chain.push(cause);
    cause = cause.cause;
  }
  return chain;
}

function shortened(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
}

/** The flags by the options of a `TlsError`. */
const tlsFlags = new Map([
  ["caPath", "--ca"],
  ["tls.ca", "--ca"],
  ["certPath", "--cert"],
  ["tls.cert", "--cert"],
  ["keyPath", "--key"],
  ["tls.key", "--key"],
]);

function tlsMessage({ message, reason, option, path }: TlsFault): string {
  if (option === undefined) {
    return message;
  }
  const subject = [tlsFlags.get(option) ?? option, ...(path ? [formatValue(path)] : [])];
  return `${subject.join(" ")}: ${reason}`;
}
