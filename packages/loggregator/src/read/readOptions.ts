import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.js";
import { collect } from "../optionValues.js";
import { withTlsOptions } from "../tlsOptions.js";
import { type EnvelopeType, envelopeTypes, type Selection } from "./selection.js";
import type { Source, Tell } from "./source.js";

/** From where, and which: what all commands that read are told. */
export interface ReadOptions extends Selection {
  readonly gateway?: string | undefined;
  readonly egress?: string | undefined;
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly shardId?: string | undefined;
}

/** Adds the options of `ReadOptions`. */
export function withReadOptions(command: Command): Command {
  const where = command
    .optionsGroup("From where:")
    .option(
      "--gateway <url>",
      "an RLP gateway, https://log-stream.<system domain> (env: LOGGREGATOR_GATEWAY_URL)",
    )
    .addOption(
      new Option("--token <token>", 'for the gateway; else that of "cf oauth-token"').env(
        "CF_TOKEN",
      ),
    )
    .option(
      "--egress <address>",
      "a Reverse Log Proxy, host:port, with --ca, --cert and --key (env: LOGGREGATOR_EGRESS_ADDRESS)",
    );
  return withTlsOptions(where)
    .optionsGroup("Which envelopes:")
    .option("-s, --source-id <id>", "of this source; may be repeated", collect)
    .option(
      "-t, --type <type>",
      `${envelopeTypes.join(", ")}; may be repeated, or separated by commas`,
      collectTypes,
    )
    .option("-n, --name <name>", "counters, gauges and timers of this name; repeatable", collect)
    .option("--shard-id <id>", "share the envelopes with all readers that have the same shard id")
    .optionsGroup("Options:");
}

/**
 * The source that the options, or else the environment, ask for.
 *
 * @throws UsageError where they ask for none, or for two; what the sources throw.
 */
export async function openSource(options: ReadOptions, tell: Tell): Promise<Source> {
  const { gateway, egress } = options;
  if (gateway !== undefined && egress !== undefined) {
    throw new UsageError("expected --gateway or --egress, got both; leave one of them out");
  }
  const { LOGGREGATOR_EGRESS_ADDRESS, LOGGREGATOR_GATEWAY_URL } = process.env;
  const address =
    egress ?? (gateway === undefined ? LOGGREGATOR_EGRESS_ADDRESS || undefined : undefined);
  // One that is given empty is a mistake, most likely of a script: nothing else is read from instead.
  if (address !== undefined) {
    const { egressSource } = await import("./egressSource.js");
    return egressSource(address, options, tell);
  }
  const url = gateway ?? (LOGGREGATOR_GATEWAY_URL || undefined);
  if (url !== undefined) {
    const { gatewaySource } = await import("./gatewaySource.js");
    return gatewaySource(url, options, tell);
  }
  throw new UsageError(
    'expected --gateway or --egress, got neither; for a Loggregator here, start "loggregator emulate --env loggregator.env" and source that file',
  );
}

function collectTypes(text: string, before: readonly EnvelopeType[] = []): readonly EnvelopeType[] {
  const types = text.split(",").map((word) => {
    const type = envelopeTypes.find((known) => known === word.trim());
    if (type !== undefined) return type;
    throw new InvalidArgumentError(`Expected one of ${envelopeTypes.join(", ")}.`);
  });
  return [...before, ...types];
}
