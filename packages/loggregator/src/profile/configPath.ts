import { posix, win32 } from "node:path";

/** The parts of the system that the path depends on. */
export interface System {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Returns the path of the configuration: `$XDG_CONFIG_HOME/loggregator/config.json`, by default in
 * `~/.config`; on Windows `%APPDATA%\loggregator\config.json`.
 */
export function configPath({ platform, env, home }: System): string {
  if (platform === "win32") {
    const folder = env["APPDATA"] || win32.join(home, "AppData", "Roaming");
    return win32.join(folder, "loggregator", "config.json");
  }
  const folder = env["XDG_CONFIG_HOME"];
  // The specification requires that relative paths are ignored.
  const base = folder && posix.isAbsolute(folder) ? folder : posix.join(home, ".config");
  return posix.join(base, "loggregator", "config.json");
}
