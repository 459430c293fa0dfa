import type { TokenRights } from "@loggregator/emulator";
import { type Command, InvalidArgumentError } from "commander";
import { portNumber, seconds, wholeNumber } from "../optionValues.js";
import { inSession } from "../session.js";
import type { EmulateOptions } from "./emulate.js";

const examples = `
It listens on 127.0.0.1, on the ports that Loggregator itself uses (3458, 3457,
8082, 8088), or, where one of these is taken, on free ones. An address is
host:port; port 0 is a free one. The files it writes it removes at the end.
Exit codes: 0, ended by Ctrl-C; 1, could not start; 2, wrong usage.

Examples:
  loggregator emulate --env loggregator.env
  # in another terminal, or your program's tests
  set -a; . ./loggregator.env; set +a
  node --env-file loggregator.env my-program.js
  # with a page to look at what comes
  loggregator emulate --ui
  # with addresses of your own
  loggregator emulate --ingress 127.0.0.1:4458 --egress 127.0.0.1:9082
  # with a token that may read the logs of one app, to see how a refusal looks
  loggregator emulate --token mine:my-app`;

/** Adds `loggregator emulate`. */
export function addEmulateCommand(program: Command): void {
  program
    .command("emulate")
    .summary("run a local Loggregator")
    .description("Run a local Loggregator until Ctrl-C: what is sent to it can be read from it.")
    .option(
      "-e, --env <path>",
      "write the addresses and certificates' paths there, to be sourced; certificates go beside it",
    )
    .option("--ingress <address>", "where senders connect, gRPC")
    .option("--egress <address>", "where readers connect, gRPC")
    .option("--gateway <address>", "where readers connect, HTTP")
    .option("--gateway-https <address>", "where readers connect, HTTPS")
    .option("--v1 <address>", "where senders of v1 send to, UDP")
    .option(
      "--token <token[:source,…]>",
      "the gateway takes this token only, for these sources only; may be repeated; default: any token",
      collectToken,
    )
    .option("--cors", "let web pages of all origins read from the gateway")
    .option("--stream-timeout <seconds>", "when the gateway closes a stream", seconds, 840)
    .option("--heartbeat <seconds>", "when the gateway breaks its silence", seconds, 15)
    .option("--buffer-size <n>", "envelopes that wait for a slow reader", wholeNumber, 250_000)
    .option("--ui", "serve a page that shows what comes, for browsers on this machine")
    .option("--ui-port <n>", "serve it on this port; default: 8089, or a free one", portNumber)
    .option("--json", "print what happens as JSON, one object a line")
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
  // It goes into the environment file, between single quotes.
  const isToken = /^[\x21-\x7e]+$/.test(token) && !token.includes("'");
  if (!isToken || sources?.split(",").includes("")) {
    throw new InvalidArgumentError(
      "Expected a token of ASCII letters and signs, then perhaps a colon and source ids.",
    );
  }
  return { ...before, [token]: sources === undefined ? "all" : sources.split(",") };
}
