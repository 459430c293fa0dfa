import { formatValue, OptionTypeError } from "@loggregator/core";
import { fetchWithFiles, loadTlsFiles } from "#nodeTransport";
import type { OtlpExporterOptions } from "./options.js";
import { type OtlpSignal, otlpSignals } from "./signals.js";

type Environment = Readonly<Record<string, string | undefined>>;

const prefix = "OTEL_EXPORTER_OTLP";

/**
 * Returns the options for OpenTelemetry's environment variables.
 *
 * @throws OptionTypeError for a value that is not supported.
 */
export function environmentOptions(environment: Environment): OtlpExporterOptions {
  const read = (name: string) => environment[`${prefix}_${name}`]?.trim() || undefined;
  const protocol = read("PROTOCOL") ?? "http/protobuf";
  const timeout = read("TIMEOUT");
  const common: OtlpExporterOptions = {
    headers: headersOf(read("HEADERS")),
    ...(timeout !== undefined && { timeoutMs: Number(timeout) }),
    ...compressionOf(read("COMPRESSION")),
  };
  switch (protocol) {
    case "grpc":
      return { ...common, ...grpcOptions(read) };
    case "http/protobuf":
    case "http/json":
      return {
        ...common,
        ...httpOptions(read),
        encoding: protocol === "http/json" ? "json" : "protobuf",
      };
    default:
      throw new OptionTypeError(
        `${prefix}_PROTOCOL`,
        '"grpc", "http/protobuf" or "http/json"',
        formatValue(protocol),
      );
  }
}

type Read = (name: string) => string | undefined;

/** The variable with the endpoint of a signal. */
const endpointName = (kind: OtlpSignal) => `${kind.toUpperCase()}_ENDPOINT`;

function httpOptions(read: Read): Pick<OtlpExporterOptions, "url" | "fetch"> {
  const base = read("ENDPOINT") ?? "http://localhost:4318";
  const own = otlpSignals.map((kind) => [kind, read(endpointName(kind))] as const);
  const trimmed = base.replace(/\/$/, "");
  const url = own.every(([, each]) => each === undefined)
    ? base
    : (Object.fromEntries(
        own.map(([kind, each]) => [kind, each ?? `${trimmed}/v1/${kind}`]),
      ) as Record<OtlpSignal, string>);
  const files = tlsFiles(read);
  return { url, ...(files !== undefined && { fetch: fetchWithFiles(files) }) };
}

function grpcOptions(read: Read): OtlpExporterOptions {
  const endpoints = otlpSignals.map((kind) => {
    const own = read(endpointName(kind));
    const name = own === undefined ? "ENDPOINT" : endpointName(kind);
    const endpoint = own ?? read("ENDPOINT") ?? "http://localhost:4317";
    return { kind, name, ...grpcEndpoint(name, endpoint, read("INSECURE")) };
  });
  const [first] = endpoints as [(typeof endpoints)[0]];
  const different = endpoints.find(({ isPlain }) => isPlain !== first.isPlain);
  if (different !== undefined) {
    const expected = `${first.isPlain ? "an http" : "an https"} URL, like that of ${first.kind}`;
    throw new OptionTypeError(`${prefix}_${different.name}`, expected, different.address);
  }
  const isShared = endpoints.every(({ address }) => address === first.address);
  const address = isShared
    ? first.address
    : (Object.fromEntries(endpoints.map(({ kind, address }) => [kind, address])) as Record<
        OtlpSignal,
        string
      >);
  if (first.isPlain) {
    return { address, tls: false };
  }
  const files = tlsFiles(read);
  return { address, tls: files === undefined ? {} : () => loadTlsFiles(files) };
}

/** Reads `http://host:port`, `https://host:port` or `host:port`, whose security is a variable of its own. */
function grpcEndpoint(
  name: string,
  endpoint: string,
  insecure: string | undefined,
): { readonly address: string; readonly isPlain: boolean } {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(endpoint);
  const scheme = insecure?.toLowerCase() === "true" ? "http" : "https";
  const text = hasScheme ? endpoint : `${scheme}://${endpoint}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new OptionTypeError(
      `${prefix}_${name}`,
      "an http or https URL, or host:port",
      formatValue(endpoint),
    );
  }
  return { address: `${url.hostname}:${url.port || 4317}`, isPlain: url.protocol === "http:" };
}

/** Returns the paths of certificates and key, or undefined if there are none. */
function tlsFiles(read: Read) {
  const files = {
    ca: read("CERTIFICATE"),
    cert: read("CLIENT_CERTIFICATE"),
    key: read("CLIENT_KEY"),
  };
  if ((files.cert === undefined) !== (files.key === undefined)) {
    const missing = files.cert === undefined ? "CLIENT_CERTIFICATE" : "CLIENT_KEY";
    throw new OptionTypeError(`${prefix}_${missing}`, "the path of a PEM file", "undefined");
  }
  return files.ca === undefined && files.cert === undefined ? undefined : files;
}

function compressionOf(compression: string | undefined): Pick<OtlpExporterOptions, "compression"> {
  if (compression === undefined) {
    return {};
  }
  if (compression === "gzip" || compression === "none") {
    return { compression };
  }
  throw new OptionTypeError(`${prefix}_COMPRESSION`, '"gzip" or "none"', formatValue(compression));
}

/** Reads `name=value,name=value` with percent-encoded values. */
function headersOf(text = ""): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",").filter((each) => each.trim() !== "")) {
    const at = pair.indexOf("=");
    if (at <= 0) {
      // The text is not repeated, as it may contain a key.
      throw new OptionTypeError(
        `${prefix}_HEADERS`,
        "pairs name=value",
        "a pair without a name or =",
      );
    }
    headers[pair.slice(0, at).trim()] = decode(pair.slice(at + 1).trim());
  }
  return headers;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
