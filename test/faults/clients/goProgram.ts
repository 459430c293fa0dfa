import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TlsMaterial } from "@loggregator/ingress";
import { inject } from "vitest";

/** True if the Go program was built. Otherwise the rows of go-loggregator are omitted. */
export const hasGo = inject("peer") !== "";

/** The Go program of the interop tests in one of its roles, see test/interop/peer/main.go. */
export class GoProgram implements AsyncDisposable {
  /** Resolves when the program has ended. */
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #directory: string;

  /** @param onLine Called with each object that the program writes. */
  static async start(
    role: string,
    flags: Readonly<Record<string, string>>,
    tls: TlsMaterial | undefined,
    onLine: (line: Record<string, unknown>) => void,
  ): Promise<GoProgram> {
    const directory = await mkdtemp(join(tmpdir(), "loggregator-faults-go-"));
    const paths: Record<string, string> = {};
    for (const part of tls === undefined ? [] : (["ca", "cert", "key"] as const)) {
      const path = join(directory, part);
      await writeFile(path, tls?.[part] ?? "");
      paths[part] = path;
    }
    const args = Object.entries({ ...flags, ...paths }).map(([name, value]) => `-${name}=${value}`);
    const child = spawn(inject("peer"), [role, ...args], {
      // The gateway client uses the system's trusted CAs.
      env: { ...process.env, SSL_CERT_FILE: paths["ca"] },
    });
    createInterface({ input: child.stdout }).on("line", (line) => onLine(JSON.parse(line)));
    return new GoProgram(child, directory);
  }

  private constructor(child: ChildProcessWithoutNullStreams, directory: string) {
    this.#child = child;
    this.#directory = directory;
    this.ended = once(child, "close");
    child.stderr.resume();
    // Data written after the end of the program is discarded.
    child.stdin.on("error", () => {});
  }

  /** Sends a command to the program. It ends when its stdin does, and so with this process. */
  write(line: object): void {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** Resolves when the program has read its commands, or has ended. */
  async taken(): Promise<void> {
    const { stdin } = this.#child;
    if (stdin.writableNeedDrain) {
      await Promise.race([once(stdin, "drain"), this.ended]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
    await rm(this.#directory, { recursive: true });
  }
}
