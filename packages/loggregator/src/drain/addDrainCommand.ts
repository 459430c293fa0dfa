import type { Command } from "commander";
import { choice, nonEmpty, portNumber, positiveInteger, seconds } from "../optionValues.js";
import { withSourceAndTypeOptions } from "../read/envelopeOptions.js";
import { withFilterOptions } from "../read/filterOptions.js";
import { inSession } from "../session.js";
import { withLineOptions } from "../terminal/withLineOptions.js";
import type { BindOptions } from "./bind.js";
import type { CheckOptions } from "./check.js";
import { drainDataChoices } from "./drainData.js";
import type { ReceiveOptions } from "./receive.js";

/** Adds `loggregator drain`. */
export function addDrainCommand(program: Command): void {
  const drain = program
    .command("drain")
    .summary("receive, check and bind syslog drains")
    .description("Receive syslog drains, check receivers, and bind drains to apps.");
  addReceiveCommand(drain);
  addCheckCommand(drain);
  addBindCommand(drain);
}

const receiveExamples = `
Serves https and https-batch drains on --port: over HTTPS with --cert and --key,
otherwise over plain HTTP, for apps on Cloud Foundry, whose router terminates
TLS. With --syslog-port, it also serves syslog-tls drains, or, without --cert,
syslog drains. A request is acknowledged once its messages are printed, so slow
output slows down the senders. If DRAIN_PASSWORD (with --user) or DRAIN_TOKEN is
set, senders must authenticate with it.

Examples:
  loggregator drain receive --port 8080
  export DRAIN_PASSWORD=secret
  loggregator drain receive --user drain --json > drain.jsonl
  loggregator drain receive --syslog-port 6514 \\
    --cert server.crt --key server.key`;

function addReceiveCommand(drain: Command): void {
  const command = drain
    .command("receive")
    .summary("print the messages of drains")
    .description("Receive syslog drains, and print their messages as they arrive.")
    .option(
      "--port <n>",
      "serve HTTP or HTTPS on this port; default: $PORT, or 8080",
      portNumber("--port"),
    )
    .option("--syslog-port <n>", "also serve syslog on this port", portNumber("--syslog-port"))
    .option("--host <address>", "listen on this address; default: all addresses")
    .option("--cert <path>", "PEM file of the certificate and intermediate certificates")
    .option("--key <path>", "PEM file of its private key")
    .option(
      "--client-ca <path>",
      "require client certificates signed by an authority in this PEM file",
    )
    .option("--user <name>", "require this user name, with the password in DRAIN_PASSWORD");
  withFilterOptions(withSourceAndTypeOptions(command))
    .option("--join-gauges", "join the metrics of a gauge, which drains send separately")
    .option("--count <n>", "exit after n envelopes", positiveInteger("--count"));
  withLineOptions(command)
    .addHelpText("after", receiveExamples)
    .action((options: ReceiveOptions) =>
      inSession(async (session) => {
        const { receive } = await import("./receive.js");
        await receive(options, session);
      }),
    );
}

const checkExamples = `
Resolves the name, connects, checks the certificates, and sends marked messages
of each kind. With --received, it looks for the marks in the output of the
receiving side, and reports which messages arrived, and when. With --cert, --key
and --ca, it connects as the platform does with the credentials of the service.
Exit codes: 0, no problems; 1, a problem found; 2, wrong usage.

Examples:
  loggregator drain check https://receiver.example.com/drain
  cf logs receiver | \\
    loggregator drain check https://receiver.example.com --received -
  loggregator drain check syslog-tls://receiver.example.com:6514 \\
    --received drain.jsonl`;

function addCheckCommand(drain: Command): void {
  drain
    .command("check")
    .summary("find out why a drain does not work")
    .description("Check a receiver by sending to it as the platform does.")
    .argument("<url>", "https://, https-batch://, syslog-tls:// or syslog://")
    .option("--count <n>", "number of messages to send of each kind", positiveInteger("--count"), 3)
    .option(
      "--received <path>",
      "output of the receiving side: a file that is being written, or - for stdin",
    )
    .option("--timeout <seconds>", "time limit of each step", seconds("--timeout"), 5)
    .option("--ca <path>", "PEM file of additional certificate authorities to trust")
    .option("--cert <path>", "PEM file of a client certificate")
    .option("--key <path>", "PEM file of its private key")
    .option("--json", "print the report as JSON")
    .addHelpText("after", checkExamples)
    .action((url: string, options: CheckOptions) =>
      inSession(async (session) => {
        const { check } = await import("./check.js");
        await check(url, options, session);
      }),
    );
}

const bindExamples = `
Prints the commands; does not run them.

Examples:
  loggregator drain bind https://drain:secret@receiver.example.com checkout cart
  loggregator drain bind syslog-tls://receiver.example.com:6514 checkout \\
    --drain-data all --cert client.crt --key client.key | sh`;

function addBindCommand(drain: Command): void {
  drain
    .command("bind")
    .summary("print the cf commands that bind a drain to apps")
    .description("Print the cf commands that create a drain and bind it to apps.")
    .argument("<url>", "https://, https-batch://, syslog-tls:// or syslog://")
    .argument("<app...>", "names of apps")
    .option(
      "--drain-data <what>",
      `data to send: ${drainDataChoices.join(", ")}`,
      choice("--drain-data", drainDataChoices),
      "logs",
    )
    .option("--disable-metadata", "send no tags")
    .option(
      "--name <name>",
      'name of the service; default: "drain-" and the host',
      nonEmpty("--name", "a name"),
    )
    .option("--cert <path>", "PEM file of a client certificate for the receiver")
    .option("--key <path>", "PEM file of its private key")
    .option("--ca <path>", "PEM file of the authority that signed the receiver's certificate")
    .addHelpText("after", bindExamples)
    .action((url: string, apps: string[], options: BindOptions) =>
      inSession(async (session) => {
        const { bind } = await import("./bind.js");
        await bind(url, apps, options, session);
      }),
    );
}
