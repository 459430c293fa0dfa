import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeEnvelopeBatch, logEnvelope } from "@loggregator/api";
import type { TlsMaterial } from "@loggregator/ingress";

const program = fileURLToPath(new URL("../../node_modules/.cache/interop/peer", import.meta.url));

/** Whether the interop tests have built their Go program. */
export const hasGo = existsSync(program);

/** go-loggregator's ingress client, which is told through its stdin what to emit. */
export class GoClient implements AsyncDisposable {
  readonly #source: string;
  readonly #child: ReturnType<typeof run>;
  readonly #directory: string;
  #emitted = 0;

  static async start(source: string, address: string, tls: TlsMaterial): Promise<GoClient> {
    const directory = await mkdtemp(join(tmpdir(), "go-client-"));
    const flags = [`-address=${address}`];
    for (const part of ["ca", "cert", "key"] as const) {
      const path = join(directory, part);
      await writeFile(path, tls[part]);
      flags.push(`-${part}=${path}`);
    }
    return new GoClient(source, directory, flags);
  }

  private constructor(source: string, directory: string, flags: readonly string[]) {
    this.#source = source;
    this.#directory = directory;
    this.#child = run(flags);
  }

  /** Emits the numbers from the last one to this one, as fast as it takes them. */
  async emitUpTo(count: number): Promise<void> {
    while (this.#emitted < count) {
      const batch = Array.from({ length: 100 }, () =>
        logEnvelope(String(this.#emitted++).padEnd(8), { sourceId: this.#source }),
      );
      const bytes = Buffer.from(encodeEnvelopeBatch({ batch })).toString("base64");
      const { stdin } = this.#child;
      if (!stdin.write(`${JSON.stringify({ call: "emit", batch: bytes })}\n`)) {
        await once(stdin, "drain");
      }
    }
  }

  /** Resolves when all is sent, or lost. */
  async closeSend(): Promise<void> {
    const answer = once(this.#child.stdout, "data");
    this.#child.stdin.write('{"call":"closeSend"}\n');
    await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const closed = once(this.#child, "close");
      this.#child.kill("SIGKILL");
      await closed;
    }
    await rm(this.#directory, { recursive: true });
  }
}

function run(flags: readonly string[]) {
  const child = spawn(program, ["ingress-client", ...flags], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => {});
  return child;
}
