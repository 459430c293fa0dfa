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
  const message = withOptionNames(error.message);
  const remedy = remedyFor(error, message);
  if (remedy !== undefined) return new CommandError(`${message}; ${remedy}`, { cause: error });
  if (error instanceof TypeError || error instanceof RangeError) {
    // What a library refuses at the call begins with the option's name. The rest is a bug of ours.
    return /^[\w.[\]-]+: expected /.test(message)
      ? new UsageError(message)
      : new CommandError(error.stack ?? message, { cause: error });
  }
  return new CommandError(message, { cause: error });
}

/** Makes a client, and calls its option `address` what the command calls it where it is refused. */
export function withAddress<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const { message } = error as Error;
    throw /^address: expected /.test(message)
      ? new UsageError(message.replace("address", option))
      : error;
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
      if (/certificate/.test(message)) return "give the authority that signed it with --ca";
      return nobodyThere;
    case "ConnectionError":
      return nobodyThere;
    case "GatewayResponseError":
      return remedyForStatus((error as Error & { readonly status: number }).status);
    default:
      return undefined;
  }
}

function remedyForStatus(status: number): string {
  if (status === 401 || status === 404) {
    return 'give a valid token with --token or CF_TOKEN, or log in with "cf login"';
  }
  return status >= 500 ? "try again later" : "check that the address is a gateway's";
}

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
