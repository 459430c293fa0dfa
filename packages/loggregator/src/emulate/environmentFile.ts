import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  access,
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CommandError, UsageError } from "../errors.js";

/** The certificates that clients need to connect, as PEM. */
export interface ClientCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The first line of each file that this module writes. No other file is replaced. */
const mark = "# Written by loggregator emulate, and removed when it ends.";

/** The maximum length of files that this module writes. */
const maxLength = 64 * 1024;

/** Undefined on Windows, which has neither user ids nor modes. */
const userId = process.getuid?.();

/**
 * The file that holds the emulator's addresses and the paths of its certificates, which are in a
 * private folder beside it. A shell (`set -a; . ./file`) and `node --env-file` can read it.
 *
 * The path may be in a folder that others can write to, such as `/tmp`. Files are created under
 * new names and moved into place, so nothing is written through a link or into a file that was
 * there before, and a file or folder of another user is refused.
 */
export class EnvironmentFile {
  readonly path: string;
  /** The temporary folder that was created for the file if no path was given. */
  readonly #folder: string | undefined;
  readonly #written = new Map<string, string>();

  private constructor(path: string, folder: string | undefined) {
    this.path = path;
    this.#folder = folder;
  }

  /**
   * Checks the path and removes the file of an earlier run, so that a program that waits for the
   * file does not find an old one. Nothing is written yet.
   *
   * @param path Default: in a new temporary folder.
   * @throws UsageError for a path that cannot be used, or a file or folder that this module did not
   * create.
   */
  static async prepare(path: string | undefined): Promise<EnvironmentFile> {
    if (path === undefined) {
      const folder = await mkdtemp(join(tmpdir(), "loggregator-")).catch((cause: Error) => {
        throw new CommandError(
          `cannot create a temporary folder: ${cause.message}; choose a path with --env`,
          { cause },
        );
      });
      return new EnvironmentFile(join(folder, "loggregator.env"), folder);
    }
    if (path.trim() === "") {
      throw new UsageError('--env must be the path of a file, got ""');
    }
    const absolute = resolve(path);
    if (/['\n\r]/.test(absolute)) {
      throw new UsageError(
        `--env must be a path without quotes and line ends, got ${JSON.stringify(absolute)}`,
      );
    }
    await checkFolder(dirname(absolute));
    await removeEarlierFile(absolute);
    return new EnvironmentFile(absolute, undefined);
  }

  /** Writes the certificates and then the file, which appears with its complete content. */
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
    const lines = Object.entries({ ...variables, ...paths }).map(
      ([name, value]) => `${name}=${quoted(value)}`,
    );
    try {
      await createPrivateFolder(folder);
      await this.#write(paths.LOGGREGATOR_CA_PATH, ca);
      await this.#write(paths.LOGGREGATOR_CERT_PATH, cert);
      await this.#write(paths.LOGGREGATOR_KEY_PATH, key);
      await this.#write(this.path, `${[mark, ...lines].join("\n")}\n`, "new");
    } catch (cause) {
      if (cause instanceof UsageError) {
        throw cause;
      }
      throw new CommandError(`--env: cannot write the file: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Removes the written files, unless they have been replaced since. */
  async remove(): Promise<void> {
    for (const [path, content] of [...this.#written].reverse()) {
      const found = await readOwn(path).catch(() => undefined);
      if (found === content) {
        await rm(path, { force: true });
      }
    }
    // Folders with other files are kept.
    await rmdir(this.#certificates).catch(() => {});
    if (this.#folder !== undefined) {
      await rmdir(this.#folder).catch(() => {});
    }
  }

  get #certificates(): string {
    return `${this.path}.certs`;
  }

  async #write(path: string, content: string, placing: "new" | "replacing" = "replacing") {
    const temporary = `${path}.${randomUUID()}`;
    // Fails if the name exists, so that the mode of an existing file cannot apply.
    await writeFile(temporary, content, { mode: 0o600, flag: "wx" });
    try {
      if (placing === "new") {
        await moveToNewName(temporary, path);
      } else {
        await rename(temporary, path);
      }
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.#written.set(path, content);
  }
}

/** @throws UsageError if another user could replace files in the folder. */
async function checkFolder(path: string): Promise<void> {
  const folder = await realpath(path)
    .then((real) => stat(real))
    .catch((error: Error) => {
      throw new UsageError(
        `--env must be in a folder that exists: ${error.message}; create it, or choose another path`,
      );
    });
  if (!folder.isDirectory()) {
    throw new UsageError(`--env must be in a folder, but ${JSON.stringify(path)} is not one`);
  }
  await access(path, constants.W_OK).catch(() => {
    throw new UsageError(
      `--env must be in a folder that you can write to, got ${JSON.stringify(path)}`,
    );
  });
  if (userId === undefined) {
    return;
  }
  if (folder.uid !== userId && folder.uid !== 0) {
    throw new UsageError(
      `--env must be in your own folder, but ${JSON.stringify(path)} belongs to user ${folder.uid}, who could replace the file; choose another path, or remove --env`,
    );
  }
  // In a sticky folder, such as /tmp, users cannot replace each other's files.
  if ((folder.mode & 0o002) !== 0 && (folder.mode & 0o1000) === 0) {
    throw new UsageError(
      `--env must be in a folder where others cannot replace files, but all users can write to ${JSON.stringify(path)}; choose another path, or run "chmod o-w" on the folder`,
    );
  }
}

/** @throws UsageError if the path exists and is not a file of an earlier run. */
async function removeEarlierFile(path: string): Promise<void> {
  const content = await readOwn(path);
  if (content === undefined) {
    return;
  }
  if (!content.startsWith(mark)) {
    throw new UsageError(
      `--env must be a new file, or one of an earlier run, but ${JSON.stringify(path)} has other content; choose another path, or remove the file`,
    );
  }
  await rm(path, { force: true }).catch((error: Error) => {
    throw new UsageError(`--env: cannot replace the file of an earlier run: ${error.message}`);
  });
}

/**
 * Reads a file of the current user, without following a link.
 *
 * @returns undefined if the path does not exist.
 * @throws UsageError for anything else.
 */
async function readOwn(path: string): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  try {
    const entry = await lstat(path);
    if (!entry.isFile()) {
      throw foreignFileError(path, describe(entry));
    }
    // The entry may have been replaced since: the opened file is checked.
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const opened = await file.stat();
      if (!opened.isFile()) {
        throw foreignFileError(path, describe(opened));
      }
      if (userId !== undefined && opened.uid !== userId) {
        throw foreignFileError(path, `belongs to user ${opened.uid}`);
      }
      const buffer = Buffer.alloc(maxLength);
      const { bytesRead } = await file.read(buffer, 0, maxLength, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UsageError) {
      throw error;
    }
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      return undefined;
    }
    if (code === "ELOOP") {
      throw foreignFileError(path, "is a link");
    }
    throw new UsageError(`--env must be a file that can be read and written: ${message}`);
  }
}

/** Creates a folder that only the current user can enter, or makes an existing one private. */
async function createPrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
  }
  const entry = await lstat(path);
  if (!entry.isDirectory()) {
    throw foreignFileError(path, describe(entry));
  }
  if (userId === undefined) {
    return;
  }
  if (entry.uid !== userId) {
    throw foreignFileError(path, `belongs to user ${entry.uid}`);
  }
  if ((entry.mode & 0o077) !== 0) {
    await chmod(path, 0o700);
  }
}

/** Moves a file to a name that must not exist. */
async function moveToNewName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw foreignFileError(to, "was created by another program in the meantime");
    }
    // A file system without hard links.
    await rename(from, to);
    return;
  }
  await rm(from);
}

function foreignFileError(path: string, reason: string): UsageError {
  return new UsageError(
    `--env must not replace what others created, but ${JSON.stringify(path)} ${reason}; choose another path, or remove it`,
  );
}

function describe(entry: { isSymbolicLink(): boolean; isDirectory(): boolean }): string {
  if (entry.isSymbolicLink()) {
    return "is a link";
  }
  return entry.isDirectory() ? "is a folder" : "is not a regular file";
}

/** Quotes a value: shells and Node.js treat single quotes in the same way. */
function quoted(value: string): string {
  return /^[\w./:@%+-]+$/.test(value) ? value : `'${value}'`;
}
