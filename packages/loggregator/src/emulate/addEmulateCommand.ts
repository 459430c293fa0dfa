import type { TokenRights } from "@loggregator/emulator";
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import {
  choice,
  hostName,
  portNumber,
  positiveInteger,
  positiveNumber,
  rejected,
  seconds,
} from "../optionValues.js";
import { inSession } from "../session.js";
import type { EmulateOptions } from "./emulateOptions.js";

const examples = `
By default, it listens on 127.0.0.1, on the ports of a real Loggregator: 3458
(ingress), 3457 (v1), 8082 (egress), 8088 (gateway) and 8083 (log-cache), and on
8090 (API). If one of these is in use, it listens on free ports instead. An
address is host:port; port 0 is a free port. The files that --env writes are
removed when the command ends. The API has /envelopes, /faults, /stats, /reset
and /health, for tests in any language.

A recording has one envelope per line, as "tail --json" prints it. When it is
replayed, its intervals are kept, divided by --speed, and its timestamps start
now, unless --timestamps is "recorded". Afterwards, the emulator keeps running.

Exit codes: 0, stopped by Ctrl-C; 1, could not start; 2, wrong usage.

Examples:
  loggregator emulate --env loggregator.env
  # in another terminal, load the file into the shell or into a program
  set -a; . ./loggregator.env; set +a
  node --env-file loggregator.env my-program.js
  # with a page of the live stream
  loggregator emulate --ui
  # on other ports
  loggregator emulate --ingress 127.0.0.1:4458 --egress 127.0.0.1:9082
  # with the traffic of a platform: apps, routers and cells
  loggregator emulate --scenario --rate 200 --ui
  # replay an incident of a real platform, ten times faster
  loggregator tail --app my-app --json > incident.ndjson
  loggregator emulate --replay incident.ndjson --speed 10
  # in a container: reachable by other containers under the name "emulator"
  loggregator emulate --bind 0.0.0.0 --advertise emulator --env /shared/env
  # with a token for one source, to test refusals
  loggregator emulate --token mine:my-app`;

/** Adds `loggregator emulate`. */
export function addEmulateCommand(program: Command): void {
  program
    .command("emulate")
    .summary("run a local Loggregator")
    .description(
      "Run a local Loggregator until Ctrl-C. It passes envelopes from senders to readers.",
    )
    .option(
      "-e, --env <path>",
      "write the addresses and the paths of certificates to this file, as environment variables; the certificates are written to a folder next to it",
    )
    .optionsGroup("Addresses:")
    .option(
      "--bind <host>",
      "listen on this host; 0.0.0.0 for all interfaces; default: 127.0.0.1",
      hostName("--bind"),
    )
    .option(
      "--advertise <host>",
      "write this host into the file of --env, for clients on other machines",
      hostName("--advertise"),
    )
    .option(
      "--allow-host <name>",
      "accept HTTP requests for this host name; other names with a dot are refused; may be repeated",
      (text: string, before: readonly string[] = []) => [...before, hostName("--allow-host")(text)],
    )
    .option("--ingress <address>", "agent, for senders over gRPC")
    .option("--egress <address>", "Reverse Log Proxy, for readers over gRPC")
    .option("--gateway <address>", "RLP gateway, for readers over HTTP")
    .option("--gateway-https <address>", "RLP gateway over HTTPS; default: a free port")
    .option("--v1 <address>", "agent, for senders of v1 over UDP")
    .option("--log-cache <address>", "log-cache over HTTP")
    .option("--log-cache-grpc <address>", "log-cache over gRPC; default: a free port")
    .option(
      "--log-cache-gateway <address>",
      "log-cache over HTTP without a token; default: a free port",
    )
    .option(
      "--otlp <address>",
      "OTLP receiver over HTTP and gRPC, without TLS; default: a free port",
    )
    .option(
      "--otlp-grpc <address>",
      "OTLP receiver over gRPC with mutual TLS; default: a free port",
    )
    .option("--api <address>", "REST API and health check for tests in any language")
    .optionsGroup("Certificates:")
    .option("--ca <path>", "PEM file of the authority that signed --cert and --client-cert")
    .option(
      "--cert <path>",
      "PEM file of a certificate for all servers: metron, reverselogproxy, log-cache; default: issued at start",
    )
    .option("--key <path>", "PEM file of its private key")
    .option("--client-cert <path>", "PEM file of the certificate for clients; default: --cert")
    .option("--client-key <path>", "PEM file of its private key")
    .optionsGroup("Traffic:")
    .option("--record <path>", "write all envelopes to this file, which must not exist")
    .option("--replay <path>", "emit the envelopes of this recording")
    .option("--speed <n>", "replay the recording n times faster", positiveNumber("--speed"))
    .option(
      "--timestamps <mode>",
      `timestamps of replayed envelopes: ${timestampModes.join(", ")}; default: shifted`,
      choice("--timestamps", timestampModes),
    )
    .option("--scenario", "emit realistic traffic of a platform")
    .option(
      "--rate <n>",
      "envelopes per second of the scenario; default: 50",
      positiveNumber("--rate"),
    )
    .option(
      "--seed <n>",
      "seed of the random scenario; the same seed gives the same envelopes; default: 1",
      seedNumber,
    )
    .option("--apps <n>", "number of apps of the scenario; default: 8", positiveInteger("--apps"))
    .optionsGroup("Options:")
    .option("--syslog", "change envelopes for log-cache as the syslog agent of a VM does")
    .option(
      "--token <token[:source,…]>",
      "accept this token at the gateway and log-cache, for all sources or only for these; may be repeated; default: any token is accepted",
      collectToken,
    )
    .option("--cors", "allow web pages of all origins to use the gateway, log-cache and OTLP")
    .option(
      "--stream-timeout <seconds>",
      "time after which the gateway closes a stream",
      seconds("--stream-timeout"),
      840,
    )
    .option(
      "--heartbeat <seconds>",
      "time without data after which the gateway sends a heartbeat",
      seconds("--heartbeat"),
      15,
    )
    .option(
      "--buffer-size <n>",
      "number of envelopes to buffer for a slow reader",
      positiveInteger("--buffer-size"),
      250_000,
    )
    .option("--ui", "serve a page of the live stream to browsers on this machine")
    .option(
      "--ui-port <n>",
      "port of the page; implies --ui; default: 8089, or a free port",
      portNumber("--ui-port"),
    )
    .option("--json", "print events as JSON, one object per line")
    .addHelpText("after", examples)
    .action((options: EmulateOptions) =>
      inSession(async (session) => {
        const { emulate } = await import("./emulate.js");
        await emulate(options, session);
      }),
    );
}

const timestampModes = ["shifted", "recorded"] as const;

function seedNumber(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seed < 2 ** 32) {
    return seed;
  }
  throw rejected("--seed", `an integer from 0 to ${2 ** 32 - 1}`, text);
}

function collectToken(
  text: string,
  before: Readonly<Record<string, TokenRights>> = {},
): Readonly<Record<string, TokenRights>> {
  const [token = "", sources] = text.split(/:(.*)/s);
  // It is written into the environment file between single quotes.
  const isToken = /^[\x21-\x7e]+$/.test(token) && !token.includes("'");
  if (!isToken || sources?.split(",").includes("")) {
    throw new UsageError(
      "--token must be visible ASCII characters without quotes, and optionally a colon and source ids: TOKEN[:SOURCE,…]",
    );
  }
  return { ...before, [token]: sources === undefined ? "all" : sources.split(",") };
}
