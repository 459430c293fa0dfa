import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { list, nonEmpty } from "../../optionValues.js";
import type { Say } from "../sources/source.js";
import type { FoundationOptions } from "./foundation.js";

/** Adds the options of `FoundationOptions` that name apps. */
export function withAppOptions(command: Command): Command {
  return command
    .option(
      "-a, --app <name>",
      "name of an app, looked up in the API; may be repeated",
      list("--app", "a name"),
    )
    .option(
      "--space <name>",
      "space of the app; default: the space that cf targets",
      nonEmpty("--space", "a name"),
    )
    .option(
      "--org <name>",
      "organization of the app; default: the one that cf targets",
      nonEmpty("--org", "a name"),
    )
    .option("--api <url>", "URL of the Cloud Foundry API; default: the one that cf targets");
}

/**
 * Returns the GUIDs of the apps that `--app` names; undefined if it is not given.
 *
 * @throws UsageError for --space or --org without it, and if no foundation is known.
 */
export async function findApps(
  options: FoundationOptions,
  say: Say,
): Promise<string[] | undefined> {
  const { app, space, org } = options;
  if (app === undefined) {
    const alone = space !== undefined ? "--space" : org !== undefined ? "--org" : undefined;
    if (alone !== undefined) {
      throw new UsageError(`${alone} has no effect without --app; pass --app, or remove it`);
    }
    return undefined;
  }
  const { Foundation } = await import("./foundation.js");
  const foundation = await Foundation.find(options, say);
  if (foundation === undefined) {
    throw new UsageError(
      '--app needs the API of Cloud Foundry to find the app; pass --api, or log in with "cf login"',
    );
  }
  return await foundation.appGuids();
}
