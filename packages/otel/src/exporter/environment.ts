import { formatValue, OptionTypeError } from "@loggregator/core";
import { loadTlsFiles } from "#grpcTransport";
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
  const headers = headersOf(read("HEADERS"));
  const timeout = read("TIMEOUT");
  const common: OtlpExporterOptions = {
    headers,
    ...(timeout !== undefined && { timeoutMs: Number(timeout) }),
  };
  switch (protocol) {
    case "grpc":
      return { ...common, ...grpcOptions(read) };
    case "http/protobuf":
    case "http/json":
      return {
        ...common,
        url: urlOf(read),
        encoding: protocol === "http/json" ? "json" : "protobuf",
        ...compressionOf(read("COMPRESSION")),
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

function urlOf(read: Read): NonNullable<OtlpExporterOptions["url"]> {
  const base = read("ENDPOINT") ?? "http://localhost:4318";
  const own = otlpSignals.map((kind) => [kind, read(`${kind.toUpperCase()}_ENDPOINT`)] as const);
  if (own.every(([, url]) => url === undefined)) {
    return base;
  }
  const trimmed = base.replace(/\/$/, "");
  return Object.fromEntries(
    own.map(([kind, url]) => [kind, url ?? `${trimmed}/v1/${kind}`]),
  ) as Record<OtlpSignal, string>;
}

function grpcOptions(read: Read): OtlpExporterOptions {
  const endpoint = read("ENDPOINT") ?? "https://localhost:4317";
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:") {
    throw new OptionTypeError(
      `${prefix}_ENDPOINT`,
      "an https URL for gRPC: gRPC without TLS is not supported, use http/protobuf instead",
      formatValue(endpoint),
    );
  }
  const path = (name: string): string => {
    const value = read(name);
    if (value === undefined) {
      throw new OptionTypeError(`${prefix}_${name}`, "the path of a PEM file", "undefined");
    }
    return value;
  };
  const paths = {
    caPath: path("CERTIFICATE"),
    certPath: path("CLIENT_CERTIFICATE"),
    keyPath: path("CLIENT_KEY"),
  };
  return {
    address: `${url.hostname}:${url.port || 4317}`,
    serverName: url.hostname,
    tls: () => loadTlsFiles(paths, url.hostname),
  };
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
