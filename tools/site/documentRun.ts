import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { linkModules, type MarkedBlock } from "../documents.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const commands = {
  loggregator: "packages/loggregator/dist/bin.js",
  vitest: "node_modules/vitest/vitest.mjs",
};
const certificates = {
  "ca.crt": "LOGGREGATOR_CA_PATH",
  "client.crt": "LOGGREGATOR_CERT_PATH",
  "client.key": "LOGGREGATOR_KEY_PATH",
};
const languages = ["ts", "js", "sh"];

/** Runs the marked blocks of a document in their order, in one folder, as a reader would. */
export class DocumentRun implements AsyncDisposable {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #compiled: ReadonlyMap<MarkedBlock, string>;
  readonly #background: Program[] = [];

  private constructor(
    folder: string,
    environment: NodeJS.ProcessEnv,
    compiled: ReadonlyMap<MarkedBlock, string>,
  ) {
    this.#folder = folder;
    this.#environment = environment;
    this.#compiled = compiled;
  }

  /**
   * Prepares a folder in which all packages and the command are installed.
   *
   * @param compiled The JavaScript of blocks, see {@link compileBlocks}.
   */
  static async start(
    environment: Readonly<Record<string, string>>,
    compiled: ReadonlyMap<MarkedBlock, string>,
  ): Promise<DocumentRun> {
    const folder = await mkdtemp(join(tmpdir(), "loggregator-document-"));
    linkModules(root, folder);
    await mkdir(join(folder, "node_modules/.bin"));
    for (const [name, file] of Object.entries(commands)) {
      const text = `#!/bin/sh\nexec "${process.execPath}" "${join(root, file)}" "$@"\n`;
      await writeFile(join(folder, "node_modules/.bin", name), text, { mode: 0o755 });
    }
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    // The files that the READMEs of the clients name.
    for (const [name, variable] of Object.entries(certificates)) {
      await copyFile(environment[variable] ?? "", join(folder, name));
    }
    return new DocumentRun(folder, { ...process.env, ...environment }, compiled);
  }

  /** @param signal Ends the block at the test's time limit, and shows its output. */
  async run(block: MarkedBlock, signal: AbortSignal): Promise<void> {
    if (!languages.includes(block.language)) {
      await writeFile(join(this.#folder, block.file ?? ""), block.code);
      return;
    }
    const file = block.file ?? `line-${block.line}.${block.language === "sh" ? "sh" : "mjs"}`;
    await this.#write(block, file);
    if (block.run === undefined) {
      return;
    }
    const { background, until, prints } = block.run;
    const command = block.language === "sh" ? "bash" : process.execPath;
    const program = new Program(command, [file], this.#folder, this.#environment);
    signal.addEventListener("abort", () => program.kill("its time limit is reached"), {
      once: true,
    });
    if (background) {
      this.#background.push(program);
    }
    if (until !== undefined) {
      await program.printed(until);
    }
    if (!background) {
      await program.ended(until !== undefined);
    }
    if (prints !== undefined) {
      await program.printed(prints);
    }
  }

  async #write(block: MarkedBlock, file: string): Promise<void> {
    const code = this.#compiled.get(block) ?? block.code;
    await writeFile(join(this.#folder, file), block.language === "sh" ? `set -e\n${code}` : code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const program of this.#background.reverse()) {
        await program.ended(true);
      }
    } finally {
      await rm(this.#folder, { recursive: true });
    }
  }
}

/** Compiles the TypeScript of blocks, all at once. Returns the JavaScript by block. */
export async function compileBlocks(
  blocks: readonly MarkedBlock[],
): Promise<ReadonlyMap<MarkedBlock, string>> {
  // A reader saves a file with the extension `.mjs` as it is, so it must be JavaScript.
  const sources = blocks.filter(
    ({ language, file }) => language === "ts" && !file?.endsWith(".mjs"),
  );
  const folder = await mkdtemp(join(tmpdir(), "loggregator-blocks-"));
  try {
    const compilerOptions = {
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      module: "nodenext",
      noCheck: true,
      noResolve: true,
    };
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    for (const [index, { code }] of sources.entries()) {
      await writeFile(join(folder, `${index}.ts`), code);
    }
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", folder]);
    const compiled = new Map<MarkedBlock, string>();
    for (const [index, block] of sources.entries()) {
      compiled.set(block, await readFile(join(folder, `${index}.js`), "utf8"));
    }
    return compiled;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A process, and the processes that it starts. */
class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = "";
  #isClosed = false;
  #changed = () => {};

  constructor(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#name = [basename(command), ...args].join(" ");
    this.#child = spawn(command, args, { cwd, env, stdio: "pipe", detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#changed();
      });
    }
    this.#closed = once(this.#child, "close").then(() => {
      this.#isClosed = true;
      this.#changed();
    });
  }

  /** Waits until it has printed a text. */
  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#isClosed) {
        throw new Error(`${this.#name} did not print "${text}":\n${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Waits for its end. It must exit with 0. */
  async ended(interrupt: boolean): Promise<void> {
    if (interrupt && !this.#isClosed) {
      this.#signal("SIGINT");
    }
    await this.#closed;
    this.#signal("SIGKILL"); // Kills remaining child processes.
    const { exitCode, signalCode } = this.#child;
    // A shell is ended by the signal that its command receives, too.
    if (exitCode !== 0 && !(interrupt && (signalCode === "SIGINT" || exitCode === 130))) {
      throw new Error(`${this.#name} exited with ${exitCode ?? signalCode}:\n${this.#output}`);
    }
  }

  /** Kills the program, and shows its output. */
  kill(reason: string): void {
    if (!this.#isClosed) {
      console.error(`${this.#name} is killed, ${reason}. It printed:\n${this.#output}`);
      this.#signal("SIGKILL");
    }
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.#child.pid as number), signal);
    } catch {
      // There is no process any more.
    }
  }
}
