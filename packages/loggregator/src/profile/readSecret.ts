import { readFile, stat } from "node:fs/promises";
import { UsageError } from "../errors.js";
import type { System } from "./configPath.js";
import type { NamedProfile, Profile } from "./profile.js";

type SecretName = "token" | "clientSecret";

/**
 * Returns the secret of a profile, from its file or environment variable; undefined if the profile
 * has none.
 *
 * @throws UsageError if it cannot be read, or if other users can read the file.
 */
export async function readSecret(
  secret: SecretName,
  profile: NamedProfile,
  system: System,
): Promise<string | undefined> {
  const { settings } = profile;
  const variable = settings[`${secret}Env`];
  if (variable !== undefined) {
    const value = system.env[variable]?.trim();
    if (!value) {
      throw new UsageError(
        `${place(profile, `${secret}Env`)}: the variable ${variable} is not set; set it, or use ${secret}File`,
      );
    }
    return value;
  }
  const path = settings[`${secret}File`];
  if (path === undefined) {
    return undefined;
  }
  await checkPrivate(`${secret}File`, path, profile, system);
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new UsageError(
      `${place(profile, `${secret}File`)}: cannot read the file: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * Checks that only the user can read a file with a secret. A missing file is reported when it is
 * read.
 *
 * @throws UsageError with the reason.
 */
export async function checkPrivate(
  key: keyof Profile,
  path: string,
  profile: NamedProfile,
  { platform }: System,
): Promise<void> {
  // Windows has no modes.
  if (platform === "win32") {
    return;
  }
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0,
  );
  if ((mode & 0o077) !== 0) {
    throw new UsageError(
      `${place(profile, key)}: other users have access to ${path} (mode ${mode.toString(8)}), which holds a secret; run "chmod 600 ${path}"`,
    );
  }
}

function place({ name }: NamedProfile, key: string): string {
  return `profile ${name}, ${key}`;
}
