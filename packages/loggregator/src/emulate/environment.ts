import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CommandError, UsageError } from "../errors.js";

/** What clients need to connect, PEM. */
export interface ClientCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The first line of a file of ours: no other is overwritten. */
const mark = "# Written by loggregator emulate, and removed when it ends.";

/**
 * The file that tells programs where the emulator is, and its certificates beside it. Both a shell
 * (`set -a; . ./file`) and `node --env-file` can read it.
 */
export class EnvironmentFile {
  readonly path: string;
  /** A folder of ours, where the file was not asked for. */
  readonly #folder: string | undefined;
  readonly #written = new Map<string, string>();

  private constructor(path: string, folder: string | undefined) {
    this.path = path;
    this.#folder = folder;
  }

  /**
   * Makes ready to write, without writing yet. What an emulator left there that did not come to its
   * end goes: who waits for the file must not find an old one.
   *
   * @param path Default: in a new folder for temporary files.
   * @throws UsageError for a path that can't be used, or where the file is somebody else's.
   */
  static async prepare(path: string | undefined): Promise<EnvironmentFile> {
    if (path === undefined) {
      const folder = await mkdtemp(join(tmpdir(), "loggregator-")).catch((cause: Error) => {
        throw new CommandError(
          `expected to make a folder for temporary files: ${cause.message}; choose a path with --env-file`,
          { cause },
        );
      });
      return new EnvironmentFile(join(folder, "loggregator.env"), folder);
    }
    const absolute = resolve(path);
    if (/['\n\r]/.test(absolute)) {
      throw new UsageError(
        `--env-file: expected a path without quotes and line ends, got ${JSON.stringify(absolute)}`,
      );
    }
    const before = await readIfThere(absolute);
    if (before !== undefined && !before.startsWith(mark)) {
      throw new UsageError(
        `--env-file: expected a new file, or one of an earlier run, got ${JSON.stringify(absolute)} with other things in it; choose another path, or remove it`,
      );
    }
    try {
      await access(dirname(absolute), constants.W_OK);
    } catch {
      throw new UsageError(
        `--env-file: expected a folder that can be written to, got ${JSON.stringify(dirname(absolute))}`,
      );
    }
    await rm(absolute, { force: true });
    return new EnvironmentFile(absolute, undefined);
  }

  /** Writes the certificates, and then the file, at once: who sees it finds all there. */
  async write(
    variables: Readonly<Record<string, string>>,
    { ca, cert, key }: ClientCertificates,
  ): Promise<void> {
    const folder = this.#certificates;
    const paths = {
      LOGGREGATOR_CA_PATH: join(folder, "ca.crt"),
      LOGGREGATOR_CERT_PATH: join(folder, "client.crt"),
      LOGGREGATOR_KEY_PATH: join(folder, "client.key"),
    };
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await this.#write(paths.LOGGREGATOR_CA_PATH, ca);
      await this.#write(paths.LOGGREGATOR_CERT_PATH, cert);
      await this.#write(paths.LOGGREGATOR_KEY_PATH, key);
      const lines = Object.entries({ ...variables, ...paths }).map(
        ([name, value]) => `${name}=${quoted(value)}`,
      );
      await this.#write(this.path, `${[mark, ...lines].join("\n")}\n`);
    } catch (cause) {
      throw new CommandError(
        `--env-file: expected a place to write to: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /** Removes what was written, unless somebody has written something else there. */
  async remove(): Promise<void> {
    for (const [path, content] of [...this.#written].reverse()) {
      if ((await readIfThere(path)) === content) await rm(path, { force: true });
    }
    // They stay where something else is in them.
    await rmdir(this.#certificates).catch(() => {});
    if (this.#folder !== undefined) await rmdir(this.#folder).catch(() => {});
  }

  get #certificates(): string {
    return `${this.path}.certs`;
  }

  async #write(path: string, content: string): Promise<void> {
    const unfinished = `${path}.new`;
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, path);
    this.#written.set(path, content);
  }
}

/** Single quotes mean the same to a shell and to Node.js. */
function quoted(value: string): string {
  return /^[\w./:@%+-]+$/.test(value) ? value : `'${value}'`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UsageError(
      `--env-file: expected a path that can be written to, got ${JSON.stringify(path)}: ${(error as Error).message}`,
    );
  }
}
