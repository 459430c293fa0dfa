import { formatValue, OptionTypeError, withoutBrackets } from "@loggregator/core";
import { basicAuthorization } from "@loggregator/core/node";

/** The target of a drain. */
export interface DrainTarget {
  readonly transport: "http" | "syslog";
  /** Whether several messages are sent in one request, or over syslog in one write. */
  readonly batch: boolean;
  readonly tls: boolean;
  /** A name or an address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of a request with its query. */
  readonly path: string;
  /** The value of `Authorization`, from the user and password of the URL. */
  readonly authorization: string | undefined;
  /** The URL without user, password and query, for messages. */
  readonly name: string;
}

const schemes: Readonly<Record<string, Pick<DrainTarget, "transport" | "batch" | "tls">>> = {
  "https:": { transport: "http", batch: false, tls: true },
  "https-batch:": { transport: "http", batch: true, tls: true },
  "syslog-tls:": { transport: "syslog", batch: true, tls: true },
  "syslog:": { transport: "syslog", batch: true, tls: false },
  // Not supported by the agent: for receivers on this machine.
  "http:": { transport: "http", batch: false, tls: false },
  "http-batch:": { transport: "http", batch: true, tls: false },
};

/** The schemes of Cloud Foundry's agent. */
export const drainSchemes = ["https", "https-batch", "syslog-tls", "syslog"] as const;

/**
 * Reads the URL of a drain.
 *
 * @throws OptionTypeError for anything else. User, password and query are not shown.
 */
export function parseDrainUrl(value: unknown): DrainTarget {
  const text = value instanceof URL ? value.href : value;
  const scheme = typeof text === "string" ? /^[a-z][a-z+.-]*:/i.exec(text)?.[0].toLowerCase() : "";
  const kind = schemes[scheme ?? ""];
  if (typeof text !== "string" || kind === undefined) {
    const shown = typeof text === "string" ? formatValue(scheme ?? "no scheme") : formatValue(text);
    throw invalid(`with one of the schemes ${drainSchemes.join(", ")}`, shown);
  }
  // For unknown schemes, URL parses host and port as part of the path.
  const rest = text.slice(text.indexOf(":"));
  const url = URL.canParse(`https${rest}`) ? new URL(`https${rest}`) : undefined;
  if (url === undefined || url.hostname === "") {
    throw invalid("with a host", "another one");
  }
  const explicit = new URL(`none${rest}`).port;
  const defaultPort = kind.transport === "syslog" ? (kind.tls ? 6514 : 514) : kind.tls ? 443 : 80;
  const port = Number(explicit || defaultPort);
  return {
    ...kind,
    host: withoutBrackets(url.hostname),
    port,
    path: url.pathname + url.search,
    authorization: basicAuthorization(url),
    name: `${scheme}//${url.hostname}:${port}${kind.transport === "http" ? url.pathname : ""}`,
  };
}

function invalid(what: string, received: string): OptionTypeError {
  return new OptionTypeError("url", `the URL of a drain ${what}`, received);
}
