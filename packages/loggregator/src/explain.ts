import { CommandError, UsageError } from "./errors.js";

/**
 * The error as the command tells it: with the names of the command's options, and with a remedy.
 *
 * The libraries' errors are told apart by name, as their classes would bring gRPC into commands
 * that do without it.
 */
export function explain(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (!(error instanceof Error)) return new CommandError(String(error));
  const message = withOptionNames(error.message).replace(opensslDetails, "$1").trimEnd();
  const remedy = remedyFor(error, message);
  if (remedy !== undefined) return new CommandError(`${message}; ${remedy}`, { cause: error });
  if (error instanceof TypeError || error instanceof RangeError) {
    // What a library refuses at the call begins with the option's name. The rest is a bug of ours.
    return /^[\w.[\]-]+(?:: expected| must be) /.test(message)
      ? new UsageError(message)
      : new CommandError(error.stack ?? message, { cause: error });
  }
  return new CommandError(message, { cause: error });
}

/** Makes a client, and calls an option that it refuses what the command calls it. */
export function named<T>(names: Readonly<Record<string, string>>, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const { message } = error as Error;
    const [, option = ""] = /^(\w+)(?:: expected| must be) /.exec(message) ?? [];
    const name = names[option];
    throw name === undefined ? error : new UsageError(message.replace(option, name));
  }
}

const nobodyThere = 'check the address, or start a Loggregator here with "loggregator emulate"';

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
      return nobodyThere;
    case "GatewayResponseError":
      return remedyForResponse(error as Error & GatewayResponse);
    case "EmulatorStartError":
      return message.includes("is taken") ? undefined : "choose another address";
    default:
      return undefined;
  }
}

/** What is needed of the error of that name. */
interface GatewayResponse {
  readonly status: number;
  readonly code: string | undefined;
}

function remedyForResponse({ status, code }: GatewayResponse): string {
  if (status === 401 || (status === 404 && code !== undefined)) {
    return 'give a valid token with --token or CF_TOKEN, or log in with "cf login"';
  }
  // What is no gateway has another page for what it does not find.
  if (status === 404) return "check that the address is a gateway's, and the token";
  return status >= 500 ? "try again later" : "check that the address is a gateway's";
}

function remedyForCode(code: string, message: string): string {
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "have the gateway's certificate renewed, or set the clock here";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "give the gateway by a name that is in its certificate";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "check the address; that of a gateway without TLS begins with http://";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return message.includes(" http://")
        ? "check the address; that of a gateway with TLS begins with https://"
        : nobodyThere;
    default:
      if (/certificate/.test(message)) return "give the authority that signed it with --ca";
      return nobodyThere;
  }
}

/** Node.js's name of what went wrong, of the error or what caused it. */
function codeOf(error: unknown): string {
  let cause = error;
  while (cause instanceof Error) {
    if ("code" in cause) return String(cause.code);
    cause = cause.cause;
  }
  return "";
}

/** How OpenSSL writes its errors: with a thread's number before the reason, and a line of C behind it. */
const opensslDetails = /(?:write EPROTO )?[0-9A-F]+:error:(?:[^:]*:){3}([^:]+):[^:]+:\d+:\s*$/;

/** Options of the libraries by the names that the command gives them. */
const optionNames: Readonly<Record<string, string>> = {
  caPath: "--ca",
  "tls.ca": "--ca",
  certPath: "--cert",
  "tls.cert": "--cert",
  keyPath: "--key",
  "tls.key": "--key",
  "ingress.address": "--ingress",
  "egress.address": "--egress",
  "gateway.address": "--gateway",
  "gateway.httpsAddress": "--gateway-https",
  "v1.address": "--v1",
};

const libraryOptions = new RegExp(
  `\\b(?:${Object.keys(optionNames).join("|").replaceAll(".", "\\.")})\\b`,
  "g",
);

function withOptionNames(message: string): string {
  return message.replace(libraryOptions, (name) => optionNames[name] ?? name);
}
