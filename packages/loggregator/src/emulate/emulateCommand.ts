import type { TokenRights } from "@loggregator/emulator";
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { portNumber, positiveInteger, seconds } from "../optionValues.js";
import { inSession } from "../session.js";
import type { EmulateOptions } from "./emulate.js";

const examples = `
It listens on 127.0.0.1, on the ports of a real Loggregator (3458, 3457, 8082,
8088, 8083), or on free ones if one of these is taken. An address is host:port;
port 0 stands for a free one. The files that it writes are removed when it ends.
Exit codes: 0, ended by Ctrl-C; 1, could not start; 2, wrong usage.

Examples:
  loggregator emulate --env loggregator.env
  # in another terminal, or in the tests of your program
  set -a; . ./loggregator.env; set +a
  node --env-file loggregator.env my-program.js
  # with a page that shows the envelopes
  loggregator emulate --ui
  # with addresses of your own
  loggregator emulate --ingress 127.0.0.1:4458 --egress 127.0.0.1:9082
  # with a token that may read the logs of one app, to test a refusal
  loggregator emulate --token mine:my-app`;

/** Adds `loggregator emulate`. */
export function addEmulateCommand(program: Command): void {
  program
    .command("emulate")
    .summary("run a local Loggregator")
    .description("Run a local Loggregator until Ctrl-C. Readers get what senders send to it.")
    .option(
      "-e, --env <path>",
      "write addresses and paths of certificates to this file, to be sourced; the certificates are beside it",
    )
    .option("--ingress <address>", "for senders, gRPC")
    .option("--egress <address>", "for readers, gRPC")
    .option("--gateway <address>", "for readers, HTTP")
    .option("--gateway-https <address>", "for readers, HTTPS")
    .option("--v1 <address>", "for senders of v1, UDP")
    .option("--log-cache <address>", "for readers of log-cache, HTTP")
    .option("--log-cache-grpc <address>", "for readers of log-cache, gRPC")
    .option("--log-cache-gateway <address>", "for readers of log-cache, HTTP without a token")
    .option("--syslog", "change what comes to log-cache as a VM's syslog agent does")
    .option(
      "--token <token[:source,…]>",
      "accept only this token at the gateway and at log-cache, for all or for these sources; may be repeated; default: any token",
      collectToken,
    )
    .option("--cors", "let web pages of all origins read from the gateway and from log-cache")
    .option(
      "--stream-timeout <seconds>",
      "when the gateway closes a stream",
      seconds("--stream-timeout"),
      840,
    )
    .option(
      "--heartbeat <seconds>",
      "when the gateway sends a heartbeat on a silent stream",
      seconds("--heartbeat"),
      15,
    )
    .option(
      "--buffer-size <n>",
      "envelopes that are kept for a slow reader",
      positiveInteger("--buffer-size"),
      250_000,
    )
    .option("--ui", "serve a page that shows the envelopes to browsers on this machine")
    .option(
      "--ui-port <n>",
      "serve it on this port; default: 8089, or a free one",
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
