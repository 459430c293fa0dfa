import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The part of the configuration of the `cf` command that is read here. */
export interface CfTarget {
  /** The API that it is logged in to. */
  readonly api: URL | undefined;
  /** The GUID of the space that it targets. */
  readonly spaceGuid: string | undefined;
}

/** Reads what the `cf` command is logged in to. */
export async function readCfTarget(): Promise<CfTarget> {
  const path = join(process.env["CF_HOME"] || homedir(), ".cf", "config.json");
  let config: { readonly Target?: unknown; readonly SpaceFields?: { readonly GUID?: unknown } };
  try {
    config = JSON.parse(await readFile(path, "utf8")) ?? {};
  } catch {
    config = {};
  }
  const { Target, SpaceFields } = config;
  const guid = SpaceFields?.GUID;
  return {
    api: typeof Target === "string" && URL.canParse(Target) ? new URL(Target) : undefined,
    spaceGuid: typeof guid === "string" && guid !== "" ? guid : undefined,
  };
}
