import type { EnvelopeOptions } from "@loggregator/api";
import { type Command, Option } from "commander";
import { UsageError } from "../errors.js";
import { choice, collectTag, nonEmpty, positiveNumber } from "../optionValues.js";
import { withProfileOption } from "../profile/withProfileOption.js";
import { inSession } from "../session.js";
import { withTlsOptions } from "../tlsOptions.js";
import type { Emission, EmitOptions } from "./emit.js";
import { minSplitBytes } from "./lineSplitter.js";
import { parseCounter, parseEvent, parseGauge, parseTimer } from "./metrics.js";
import type { Sink } from "./sink.js";

/** The common options of the subcommands. */
interface SourceOptions extends EmitOptions {
  readonly sourceId?: string;
  readonly instanceId?: string;
}

interface LogCommandOptions extends SourceOptions {
  readonly stream: "stdout" | "stderr";
  readonly sourceType?: string;
}

interface CounterCommandOptions extends SourceOptions {
  readonly total?: true;
}

/** An optional argument. */
type Word = string | undefined;

type EmitWords = (words: readonly string[], sink: Sink) => void;

const streams = ["stdout", "stderr"] as const;
const contentGroup = "Envelope:";

const examples = `
With arguments, the command emits one envelope. Without arguments, it emits one
for each line of standard input, which contains the arguments as on the command
line. It reads no faster than the agent accepts envelopes, and exits when all of
them are delivered.

Exit codes: 0, all delivered; 1, not all delivered; 2, wrong usage, or an
invalid line; 130, stopped by Ctrl-C. Lines that were read before Ctrl-C are
delivered, unless --rate leaves no time for them; their number is printed.

Examples:
  my-app 2>&1 | loggregator emit log --source-id my-app
  loggregator emit log --source-id my-app --stream stderr "payment: refused"
  loggregator emit counter requests 2 --source-id my-app
  loggregator emit gauge cpu=12.5:percentage load=1 --source-id my-app
  loggregator emit timer http 23ms --source-id my-app
  loggregator emit event deploy "v42 is live" --source-id my-app
  seq 10000 | loggregator emit log --source-id load --rate 500

Addresses and certificates of a local Loggregator come from the file that
"loggregator emulate --env loggregator.env" writes:
  set -a; . ./loggregator.env; set +a`;

/** Adds `loggregator emit log`, `… counter`, `… gauge`, `… timer` and `… event`. */
export function addEmitCommand(program: Command): void {
  const emit = program
    .command("emit")
    .summary("send envelopes")
    .description("Send envelopes to an agent or to a local Loggregator.")
    .addHelpText("after", examples);

  addLog(emit);
  addCounter(emit);
  addGauge(emit);
  addTimer(emit);
  addEvent(emit);
}

function addLog(emit: Command): void {
  const log = emit
    .command("log")
    .description("Emit a log, or a log for each line of standard input.")
    .argument("[message...]", "the text of the log; default: each line of standard input")
    .optionsGroup(contentGroup)
    .option("--stream <stream>", "stdout or stderr", choice("--stream", streams), "stdout")
    .option(
      "--source-type <type>",
      "the component that wrote it, such as APP/PROC/WEB",
      nonEmpty("--source-type", "a type"),
    );
  withEmitOptions(log).action((words: string[], options: LogCommandOptions) => {
    const { stream, sourceType } = options;
    const log = { ...source(options), stream, sourceType };
    return start(options, {
      one: words.length === 0 ? undefined : (sink) => sink.emitLog(words.join(" "), log),
      line: (line, sink) => sink.emitLog(line, log),
    });
  });
}

function addCounter(emit: Command): void {
  const counter = emit
    .command("counter")
    .description("Emit an increment of a counter, or its total.")
    .argument("[name]", 'such as requests; default: lines of "NAME [NUMBER]"')
    .argument("[number]", "the increment, or with --total the total; default: 1")
    .optionsGroup(contentGroup)
    .option("--total", "the number is the new total of the counter");
  withEmitOptions(counter).action((name: Word, number: Word, options: CounterCommandOptions) => {
    const emitWords: EmitWords = (words, sink) => {
      const { name, number = 1n } = parseCounter(words);
      const value = options.total ? { total: number } : { delta: number };
      sink.emitCounter(name, { ...source(options), ...value });
    };
    return start(options, words([name, number], emitWords));
  });
}

function addGauge(emit: Command): void {
  const gauge = emit
    .command("gauge")
    .description("Emit metrics measured at the same time.")
    .argument("[metric...]", "NAME=VALUE[:UNIT]; default: lines of metrics separated by spaces");
  withEmitOptions(gauge).action((metrics: string[], options: SourceOptions) => {
    const emitWords: EmitWords = (words, sink) => {
      sink.emitGauge(parseGauge(words), source(options));
    };
    return start(options, words(metrics, emitWords));
  });
}

function addTimer(emit: Command): void {
  const timer = emit
    .command("timer")
    .description("Emit the duration of an operation that ends now.")
    .argument("[name]", 'such as http; default: lines of "NAME DURATION"')
    .argument("[duration]", "a number with ns, us, ms, s, m or h");
  withEmitOptions(timer).action((name: Word, duration: Word, options: SourceOptions) => {
    refuseV1(options, "timers");
    const emitWords: EmitWords = (words, sink) => {
      const { name, nanoseconds } = parseTimer(words);
      const stop = BigInt(Date.now()) * 1_000_000n;
      sink.emitTimer(name, stop - nanoseconds, stop, source(options));
    };
    return start(options, words([name, duration], emitWords));
  });
}

function addEvent(emit: Command): void {
  const event = emit
    .command("event")
    .description("Emit an event with a title and a body.")
    .argument("[title]", "such as deploy; default: lines of TITLE, a tab, and BODY")
    .argument("[body]", 'such as "v42 is live"; default: empty');
  withEmitOptions(event).action((title: Word, body: Word, options: SourceOptions) => {
    refuseV1(options, "events");
    return start(options, {
      one:
        title === undefined
          ? undefined
          : (sink) => sink.emitEvent(title, body ?? "", source(options)),
      line: (line, sink) => {
        if (line.length === 0) {
          return;
        }
        const { title, body } = parseEvent(textOf(line));
        sink.emitEvent(title, body, source(options));
      },
    });
  });
}

function withEmitOptions(command: Command): Command {
  const envelope = command
    .optionsGroup(contentGroup)
    .option(
      "-s, --source-id <id>",
      "source id, such as an app's GUID",
      nonEmpty("--source-id", "an id"),
    )
    .option("-i, --instance-id <id>", "instance id, such as 0", nonEmpty("--instance-id", "an id"))
    .option("--tag <name=value>", "a tag; may be repeated", collectTag)
    .optionsGroup("Destination:");
  const destination = withProfileOption(envelope).addOption(
    new Option("--address <address>", "the agent, host:port")
      .env("LOGGREGATOR_INGRESS_ADDRESS")
      .default("localhost:3458"),
  );
  return withTlsOptions(destination)
    .option(
      "--acknowledged",
      "wait until the agent acknowledges each batch: slower, but without loss if it restarts",
    )
    .option("--v1", "send dropsonde over UDP: only logs, counters and gauges, unacknowledged")
    .addOption(
      new Option("--v1-address <address>", "the agent's v1 address, host:port")
        .env("LOGGREGATOR_V1_ADDRESS")
        .default("localhost:3457"),
    )
    .option("--origin <name>", "origin of v1 envelopes", "loggregator")
    .optionsGroup("Options:")
    .option("--rate <number>", "maximum number of envelopes per second", positiveNumber("--rate"))
    .option("--json", "print the result as JSON")
    .addHelpText("after", '\nFor examples: "loggregator emit --help".')
    .hook("preAction", (command) => refuseUnused(command));
}

/** @throws UsageError for options of the other protocol on the command line. */
function refuseUnused(command: Command): void {
  const { v1 } = command.opts<EmitOptions>();
  const unused = v1 ? ["address", "ca", "cert", "key", "acknowledged"] : ["v1Address", "origin"];
  const wrong = command.options.find((option) => {
    const name = option.attributeName();
    return unused.includes(name) && command.getOptionValueSource(name) === "cli";
  });
  if (wrong !== undefined) {
    throw new UsageError(`${wrong.long} has no effect with${v1 ? "" : "out"} --v1; remove it`);
  }
}

function start(options: EmitOptions, emission: Emission): Promise<void> {
  return inSession(async (session) => {
    const { emit } = await import("./emit.js");
    await emit(emission, options, session);
  });
}

/**
 * Returns the emission for types that are written as words: the arguments are one envelope, or each
 * line is one.
 */
function words(given: readonly Word[], emitWords: EmitWords): Emission {
  const present = given.filter((word) => word !== undefined);
  return {
    one: present.length === 0 ? undefined : (sink) => emitWords(present, sink),
    line: (line, sink) => {
      const text = textOf(line).trim();
      if (text !== "") {
        emitWords(text.split(/\s+/), sink);
      }
    },
  };
}

/** Returns the text of a line. A piece of a split line is invalid. */
function textOf(line: Buffer): string {
  if (line.length < minSplitBytes) {
    return line.toString();
  }
  throw new UsageError(`the line must be shorter than ${minSplitBytes} bytes`);
}

function source({ sourceId, instanceId }: SourceOptions): EnvelopeOptions {
  return { sourceId, instanceId };
}

function refuseV1({ v1 }: EmitOptions, what: string): void {
  if (v1) {
    throw new UsageError(`--v1 supports logs, counters and gauges, not ${what}; remove --v1`);
  }
}
