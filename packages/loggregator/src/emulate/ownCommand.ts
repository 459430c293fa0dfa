import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** How a package manager runs a command of an installed package, by the manager's name. */
const runners = new Map([
  ["npm", "npx loggregator"],
  ["pnpm", "pnpm exec loggregator"],
  ["yarn", "yarn loggregator"],
  ["bun", "bunx loggregator"],
]);

/** The part of `process` that shows how it was started. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command's own file is the second argument. */
  readonly argv: readonly string[];
}

/**
 * Returns how to run this command again in a shell: through the package manager that has started it,
 * by its name if that is on the PATH, and otherwise by its file.
 */
export function ownCommand({ env, argv }: Invocation): string {
  // Package managers set this for their child processes, and add the folder of the command to the
  // PATH.
  const [manager = ""] = (env["npm_config_user_agent"] ?? "").split("/");
  const runner = runners.get(manager);
  if (runner !== undefined) {
    return runner;
  }
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter);
  if (folders.some((folder) => folder !== "" && isExecutable(join(folder, "loggregator")))) {
    return "loggregator";
  }
  const file = argv[1] ?? "";
  return `node ${/^[\w./:\\-]+$/.test(file) ? file : `'${file}'`}`;
}

/** On Windows, npm installs a script for sh, with this name, beside those for other shells. */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
