import {
  type Environment,
  formatValue,
  OptionTypeError,
  oneOf,
  positiveMs,
} from "@loggregator/core";
import { endpointUrl } from "@loggregator/core/http";
import { readCredentials } from "#nodeTransport";
import type { OtlpExporterOptions, OtlpTransportOptions } from "../otlpExporterOptions.js";
import { type OtlpSignal, otlpSignals } from "../otlpSignal.js";
import { checkHeaders } from "../transport/checkHeaders.js";
import type { Credentials, TlsFiles } from "./readCredentials.js";

/** A variable that is set. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Returns the variable `OTEL_EXPORTER_OTLP_…` of the signal or, without one, that of all signals. */
type Read = (name: string) => Variable | undefined;

type ReadFiles = (files: TlsFiles) => Credentials;

const prefix = "OTEL_EXPORTER_OTLP";

/** The options of requests, which apply to any server. */
const requestOptions = new Set(["headers", "compression", "timeoutMs"]);

/**
 * Adds OpenTelemetry's environment variables to options, which take precedence. As the specification
 * says, a variable of a signal replaces that of all signals, headers included.
 *
 * @throws OptionTypeError, OptionRangeError, TlsError for a variable that is invalid.
 */
export function withEnvironment(
  options: Partial<OtlpExporterOptions>,
  environment: Environment,
): OtlpExporterOptions {
  const files = filesReader();
  const signals: Partial<Record<OtlpSignal, OtlpTransportOptions>> = {};
  for (const kind of otlpSignals) {
    const read: Read = (name) =>
      variable(environment, `${prefix}_${kind.toUpperCase()}_${name}`) ??
      variable(environment, `${prefix}_${name}`);
    const own = options.signals?.[kind] ?? {};
    const rest = without(without(signalOptions(kind, read, files), options), own);
    signals[kind] = { ...rest, ...own };
  }
  return { ...options, signals: { ...options.signals, ...signals } };
}

/** An empty variable counts as unset. */
function variable(environment: Environment, name: string): Variable | undefined {
  const value = environment[name]?.trim();
  return value ? { name, value } : undefined;
}

/**
 * Removes options that `given` also sets. If `given` names a server, all options of the server are
 * removed.
 */
function without(options: OtlpTransportOptions, given: OtlpTransportOptions): OtlpTransportOptions {
  const hasServer = given.url !== undefined || given.address !== undefined;
  return Object.fromEntries(
    Object.entries(options).filter(
      ([name]) =>
        given[name as keyof OtlpTransportOptions] === undefined &&
        (!hasServer || requestOptions.has(name)),
    ),
  );
}

function signalOptions(kind: OtlpSignal, read: Read, files: ReadFiles): OtlpTransportOptions {
  const given = read("PROTOCOL");
  const protocol = given && oneOf(given.name, given.value, protocols);
  const request: OtlpTransportOptions = {
    ...optional("headers", read("HEADERS"), (from) =>
      headersOf(from, protocol === "grpc" ? "grpc" : "http"),
    ),
    ...optional("timeoutMs", read("TIMEOUT"), timeoutOf),
    ...optional("compression", read("COMPRESSION"), ({ name, value }) =>
      oneOf(name, value, ["gzip", "none"]),
    ),
  };
  switch (protocol) {
    case "grpc":
      return { ...request, ...grpcOptions(read, files) };
    case "http/json":
      return { ...request, ...httpOptions(kind, read, files), encoding: "json" };
    default:
      return { ...request, ...httpOptions(kind, read, files), encoding: "protobuf" };
  }
}

const protocols = ["grpc", "http/protobuf", "http/json"] as const;

function optional<Name extends string, Value>(
  name: Name,
  from: Variable | undefined,
  parse: (variable: Variable) => Value,
) {
  return from === undefined ? {} : ({ [name]: parse(from) } as Record<Name, Value>);
}

function httpOptions(kind: OtlpSignal, read: Read, files: ReadFiles): OtlpTransportOptions {
  const { name, value } = read("ENDPOINT") ?? {
    name: `${prefix}_ENDPOINT`,
    value: "http://localhost:4318",
  };
  const base = endpointUrl(name, value);
  // The URL of a signal is used unchanged.
  const url = name === `${prefix}_ENDPOINT` ? `${base}/v1/${kind}` : value;
  const tls = url.startsWith("https:") ? tlsFiles(read) : undefined;
  return { url, ...(tls !== undefined && { fetch: files(tls).fetch }) };
}

/** Shared, so that signals share their connection. */
const trustDefaults = {};

function grpcOptions(read: Read, files: ReadFiles): OtlpTransportOptions {
  const endpoint = read("ENDPOINT") ?? {
    name: `${prefix}_ENDPOINT`,
    value: "http://localhost:4317",
  };
  const { address, isPlain } = grpcEndpoint(endpoint, read("INSECURE"));
  if (isPlain) {
    return { address, tls: false };
  }
  const tls = tlsFiles(read);
  return { address, tls: tls === undefined ? trustDefaults : files(tls).tls };
}

/**
 * Reads `http://host:port`, `https://host:port` or `host:port`; another variable selects TLS or
 * plain text for the last.
 */
function grpcEndpoint(
  { name, value }: Variable,
  insecure: Variable | undefined,
): { readonly address: string; readonly isPlain: boolean } {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(value);
  const scheme = insecure?.value.toLowerCase() === "true" ? "http" : "https";
  const text = hasScheme ? value : `${scheme}://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new OptionTypeError(name, "an http or https URL, or host:port", formatValue(value));
  }
  return { address: `${url.hostname}:${url.port || 4317}`, isPlain: url.protocol === "http:" };
}

/** Returns the variables with the paths of certificates and key, or undefined if there are none. */
function tlsFiles(read: Read): TlsFiles | undefined {
  const files = {
    ca: read("CERTIFICATE"),
    cert: read("CLIENT_CERTIFICATE"),
    key: read("CLIENT_KEY"),
  };
  if ((files.cert === undefined) !== (files.key === undefined)) {
    const given = (files.cert ?? files.key) as Variable;
    const missing = given.name.replace(/CERTIFICATE$|KEY$/, (part) =>
      part === "KEY" ? "CERTIFICATE" : "KEY",
    );
    throw new OptionTypeError(
      missing,
      `the path of a PEM file if ${given.name} is set`,
      "undefined",
    );
  }
  return files.ca === undefined && files.cert === undefined ? undefined : files;
}

/** Returns a function that reads the same files once, so that signals share their connection. */
function filesReader(): ReadFiles {
  const known = new Map<string, Credentials>();
  return (files) => {
    const paths = JSON.stringify([files.ca?.value, files.cert?.value, files.key?.value]);
    const credentials = known.get(paths) ?? readCredentials(files);
    known.set(paths, credentials);
    return credentials;
  };
}

function timeoutOf({ name, value }: Variable): number {
  const ms = Number(value);
  if (Number.isNaN(ms)) {
    throw new OptionTypeError(name, "a number of milliseconds", formatValue(value));
  }
  return positiveMs(name, ms);
}

/** Reads `name=value,name=value` with percent-encoded values. */
function headersOf(
  { name, value }: Variable,
  protocol: "grpc" | "http",
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const pair of value.split(",").filter((each) => each.trim() !== "")) {
    const at = pair.indexOf("=");
    if (at <= 0) {
      // The text is not repeated, as it may contain a key.
      throw new OptionTypeError(name, "pairs name=value", "a pair without a name or =");
    }
    headers[pair.slice(0, at).trim()] = decode(pair.slice(at + 1).trim());
  }
  return checkHeaders(name, headers, protocol);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
