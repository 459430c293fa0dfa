import type { TokenRights } from "@loggregator/emulator";
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { portNumber, positiveInteger, seconds } from "../optionValues.js";
import { inSession } from "../session.js";
import type { EmulateOptions } from "./emulate.js";

const examples = `
By default, it listens on 127.0.0.1, on the ports of a real Loggregator: 3458
(ingress), 3457 (v1), 8082 (egress), 8088 (gateway) and 8083 (log-cache). If one
of them is taken, it uses free ports. An address is host:port; port 0 is a free
port. Files that --env writes are removed at the end.
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
      "write the addresses and the paths of certificates to this file, as environment variables; the certificates are in a folder beside it",
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
    .option("--syslog", "change envelopes for log-cache as the syslog agent of a VM does")
    .option(
      "--token <token[:source,…]>",
      "accept this token at the gateway and log-cache, for all or for these sources; may be repeated; default: any token is accepted",
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
