import { withoutBrackets } from "@loggregator/core";
import { UsageError } from "../../errors.js";
import { rejected } from "../../optionValues.js";

/** The destination that `--to` names. `name` has no user, password and query. */
export type Destination =
  | {
      readonly kind: "otlp";
      readonly name: string;
      /** The base URL of a server, over HTTP. */
      readonly url: string;
    }
  | {
      readonly kind: "otlp-grpc";
      readonly name: string;
      /** The address of a server, over gRPC. */
      readonly address: string;
      readonly tls: boolean;
    }
  | {
      readonly kind: "drain";
      readonly name: string;
      readonly url: string;
      readonly isHttp: boolean;
    }
  | {
      readonly kind: "prometheus";
      readonly name: string;
      /** Undefined: all addresses of the machine. */
      readonly host: string | undefined;
      readonly port: number;
    }
  | { readonly kind: "stdout"; readonly name: string };

const drainSchemes = new Set([
  ...["https", "https-batch", "syslog-tls", "syslog"],
  // For receivers on this machine.
  ...["http", "http-batch"],
]);

const examples =
  "stdout, or a URL with one of the schemes otlp, otlps, otlp-grpc, otlps-grpc, syslog-tls, syslog, https, https-batch, prometheus";

/**
 * Reads the value of `--to`.
 *
 * @throws UsageError for anything else. Users and passwords are not shown.
 */
export function parseDestination(text: string): Destination {
  if (text === "stdout") {
    return { kind: "stdout", name: "stdout" };
  }
  const [, scheme = "", rest = ""] = /^([a-z][a-z-]*):\/\/(.*)$/is.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  switch (kind) {
    case "otlp":
    case "otlps":
      return otlp(text, kind === "otlps" ? "https" : "http", rest);
    case "otlp-grpc":
    case "otlps-grpc":
      return otlpGrpc(text, kind, rest);
    case "prometheus":
      return prometheus(text, rest);
    default:
  }
  if (!drainSchemes.has(kind)) {
    throw unknownDestination(text);
  }
  const { host, pathname } = urlOf(text, "https", rest);
  const isHttp = kind.startsWith("http");
  const name = `${kind}://${host}${isHttp ? pathname : ""}`;
  return { kind: "drain", name, url: text, isHttp };
}

function otlp(text: string, scheme: "http" | "https", rest: string): Destination {
  const url = otlpUrl(text, scheme, rest);
  // The default port is that of OTLP, not that of HTTP.
  const port = portOf(rest) ?? (scheme === "http" ? "4318" : "443");
  const base = `${url.hostname}:${port}${url.pathname.replace(/\/+$/, "")}`;
  return {
    kind: "otlp",
    name: `${scheme === "http" ? "otlp" : "otlps"}://${base}`,
    url: `${scheme}://${base}`,
  };
}

function otlpGrpc(text: string, kind: "otlp-grpc" | "otlps-grpc", rest: string): Destination {
  const { hostname } = otlpUrl(text, "http", rest);
  const address = `${hostname}:${portOf(rest) ?? 4317}`;
  return { kind: "otlp-grpc", name: `${kind}://${address}`, address, tls: kind === "otlps-grpc" };
}

/** Parses a URL without secrets. */
function otlpUrl(text: string, scheme: string, rest: string): URL {
  const url = urlOf(text, scheme, rest);
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    throw new UsageError(
      "--to must be a URL without user, password and query for OTLP; pass keys with --header or NOZZLE_HEADER",
    );
  }
  return url;
}

/** The port that a URL contains: `URL` omits the one of its scheme. */
function portOf(rest: string): string | undefined {
  return /^(?:\[[^\]]*\]|[^:/]*):(\d+)(?:\/|$)/.exec(rest)?.[1];
}

function prometheus(text: string, rest: string): Destination {
  const [, host = "", port = ""] = /^(\[[\da-f:.]+\]|[\w.-]*):(\d{1,5})\/?$/i.exec(rest) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw rejected("--to", "prometheus://host:port, such as prometheus://:9090", text);
  }
  return {
    kind: "prometheus",
    name: `prometheus://${host}:${port}`,
    host: host === "" ? undefined : withoutBrackets(host),
    port: Number(port),
  };
}

/** Parses the rest of a URL with another scheme, as `URL` parses no hosts of unknown schemes. */
function urlOf(text: string, scheme: string, rest: string): URL {
  const url = `${scheme}://${rest}`;
  if (!URL.canParse(url)) {
    throw unknownDestination(text);
  }
  return new URL(url);
}

/** Shows no more than the scheme: any other part may be a key. */
function unknownDestination(text: string): UsageError {
  const [, scheme] = /^([\w.-]{1,40}):\/\//.exec(text) ?? [];
  const received = scheme === undefined ? `text of length ${text.length}` : `${scheme}://…`;
  return new UsageError(`--to must be ${examples}, got ${received}`);
}
