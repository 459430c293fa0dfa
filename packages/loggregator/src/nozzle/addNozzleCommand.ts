import type { Command } from "commander";
import { UsageError } from "../errors.js";
import {
  choice,
  collectTag,
  list,
  nonEmpty,
  positiveInteger,
  rejected,
  seconds,
} from "../optionValues.js";
import { withAppOptions } from "../read/foundation/appOptions.js";
import { withSelectionOptions, withStreamOptions } from "../read/readOptions.js";
import { inSession } from "../session.js";
import { withTlsOptions } from "../tlsOptions.js";
import { applyVariables, describeVariables } from "./environment.js";
import type { NozzleOptions } from "./nozzle.js";
import { fullPolicies } from "./worker/messages.js";

const examples = `
Destinations:
  otlp://host:4318, otlps://host    OpenTelemetry over HTTP and HTTPS
  otlp-grpc://host:4317             OpenTelemetry over gRPC; with TLS:
                                    otlps-grpc://
  syslog-tls://host:6514            syslog drain; also syslog://, https://,
                                    https-batch://, http://, http-batch://
  prometheus://:9090                counters and gauges, to be scraped
  stdout                            JSON, one envelope per line

Nozzles with the same shard id share the envelopes. By default, the id is
derived from the destination and the filters; nozzles to stdout and
prometheus:// have no shard id, and read everything. They have one worker: lines
of several processes would be interleaved, and a scrape needs all series in one
process. If the destination is down, a nozzle repeats requests until they are
accepted, and buffers up to --buffer envelopes per worker. When the buffer is
full, the oldest envelopes are dropped and counted. With --when-full
stop-reading, Loggregator drops the newest ones and does not count them.

On SIGTERM or Ctrl-C, the nozzle stops reading and delivers what it has received
within the time of --grace. On a second signal, it exits immediately. /healthz
returns 200 while every worker's stream is accepted and its destination takes
data, and /livez while the process runs; /metrics has the nozzle's own metrics.

Each option can also be set with an environment variable; for options that can
be repeated, separate the values with commas. All users of the machine can see
the command line: put secrets into CF_TOKEN, NOZZLE_CLIENT_SECRET,
NOZZLE_HEADER, NOZZLE_BEARER and NOZZLE_TO.
Exit codes: 0, stopped; 1, could not start; 2, wrong usage; 130, second Ctrl-C.

Examples:
  loggregator nozzle --to stdout --type log --source-id my-app
  export NOZZLE_CLIENT_SECRET=secret
  loggregator nozzle --api https://api.example.com --client-id my-nozzle \\
    --to otlps://otel.example.com --workers 2 --health 0.0.0.0:8080
  loggregator nozzle --egress rlp:8082 --ca ca.crt --cert nozzle.crt \\
    --key nozzle.key --to prometheus://:9090 --label deployment --label job`;

/** Adds `loggregator nozzle`. */
export function addNozzleCommand(program: Command): void {
  const command = withStreamOptions(
    program
      .command("nozzle")
      .summary("deliver envelopes to OpenTelemetry, Prometheus or a drain")
      .description(
        "Read envelopes and deliver them to a destination until the command is stopped.",
      ),
  )
    .option(
      "--client-id <id>",
      "get tokens for the gateway as this UAA client, with the secret in NOZZLE_CLIENT_SECRET",
      nonEmpty("--client-id", "an id"),
    )
    .option("--uaa <url>", "URL of UAA, for --client-id; default: that of --api");
  withSelectionOptions(withAppOptions(withTlsOptions(command)))
    .optionsGroup("Destination:")
    .option("--to <url>", "destination; see below")
    .option("--to-ca <path>", "PEM file of additional authorities for the destination")
    .option("--to-cert <path>", "PEM file of a client certificate for the destination")
    .option("--to-key <path>", "PEM file of its private key")
    .option(
      "--to-server-name <name>",
      "name in the certificate of the destination; default: its host",
      nonEmpty("--to-server-name", "a name"),
    )
    .option(
      "--max-attempts <n>",
      "drop a batch after n failed attempts; default: no limit",
      positiveInteger("--max-attempts"),
    )
    .option(
      "--header <name=value>",
      "header of requests to an OTLP server; may be repeated",
      collectHeader,
    )
    .option(
      "--otlp-mode <mode>",
      "mapping to OTLP: semconv, cf, receiver; default: semconv",
      choice("--otlp-mode", ["semconv", "cf", "receiver"]),
    )
    .option(
      "--otlp-resource-attributes",
      "with --otlp-mode receiver, write some attributes to the resource",
    )
    .option("--gzip", "compress requests to an OTLP server")
    .option(
      "--bearer <token>",
      "token for an HTTP drain, instead of a user and password in its URL",
      nonEmpty("--bearer", "a token"),
    )
    .option(
      "--label <tag>",
      "tag that becomes a Prometheus label; may be repeated; default: all",
      list("--label", "a tag"),
    )
    .option("--metric-prefix <text>", "prefix of the names of Prometheus metrics")
    .option(
      "--max-series <n>",
      "maximum number of Prometheus series; default: 10000",
      positiveInteger("--max-series"),
    )
    .option(
      "--expire <seconds>",
      "remove Prometheus series after this time without envelopes; default: 300",
      seconds("--expire"),
    )
    .optionsGroup("Operation:")
    .option(
      "--workers <n>",
      "number of processes that share the work; 1 for stdout and prometheus://",
      workers,
      1,
    )
    .option(
      "--buffer <n>",
      "maximum number of envelopes that each worker buffers",
      positiveInteger("--buffer"),
      50_000,
    )
    .option(
      "--buffer-bytes <n>",
      "maximum memory for these envelopes, in bytes",
      positiveInteger("--buffer-bytes"),
      128 * 1024 * 1024,
    )
    .option(
      "--when-full <policy>",
      `if the buffer is full: ${fullPolicies.join(", ")}`,
      choice("--when-full", fullPolicies),
      "drop-oldest",
    )
    .option(
      "--health <address>",
      "serve /healthz, /livez and /metrics on host:port; default: port $PORT, if set",
    )
    .option(
      "--grace <seconds>",
      "time to deliver buffered envelopes after a signal",
      seconds("--grace"),
      8,
    )
    .optionsGroup("Options:")
    .addHelpText("after", examples)
    .action((apps: string[], _: unknown, command: Command) =>
      inSession(async (session) => {
        applyVariables(command);
        const { nozzle } = await import("./nozzle.js");
        await nozzle({ ...command.opts<NozzleOptions>(), apps: appsOf(apps) }, session);
      }),
    );
  describeVariables(command);
}

/** The names of apps in the arguments, or in a variable. */
function appsOf(args: readonly string[]): readonly string[] {
  const { NOZZLE_APPS } = process.env;
  return args.length > 0 || !NOZZLE_APPS ? args : NOZZLE_APPS.split(",");
}

/** Each is a process of about 100 MB. */
const maxWorkers = 64;

function workers(text: string): number {
  const number = positiveInteger("--workers")(text);
  if (number > maxWorkers) {
    throw rejected("--workers", `at most ${maxWorkers}`, text);
  }
  return number;
}

/** A header. Its value is not part of messages: it may be a key. */
function collectHeader(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  if (text.indexOf("=") < 1) {
    throw new UsageError(
      `--header must be NAME=VALUE, for example api-key=secret, got text of length ${text.length}`,
    );
  }
  return collectTag(text, before);
}
