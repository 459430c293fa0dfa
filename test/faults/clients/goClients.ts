import { setTimeout as wait } from "node:timers/promises";
import { encodeEnvelopeBatch, logEnvelope, parseEnvelopeBatch } from "@loggregator/api";
import type { TlsMaterial } from "@loggregator/ingress";
import { numberOf } from "../measures/numbers.js";
import { GoProgram } from "./goProgram.js";

/** The time limit for closing a client in milliseconds: it can block without limit. */
const closeTimeoutMs = 2_000;

/** go-loggregator's ingress client. */
export class GoIngress implements AsyncDisposable {
  readonly #program: GoProgram;
  readonly #answered: Promise<void>;
  readonly #source: string;

  static async start(source: string, address: string, tls: TlsMaterial): Promise<GoIngress> {
    let answered = () => {};
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const program = await GoProgram.start("ingress-client", { address }, tls, answered);
    return new GoIngress(program, source, answer);
  }

  private constructor(program: GoProgram, source: string, answered: Promise<void>) {
    this.#program = program;
    this.#source = source;
    this.#answered = answered;
  }

  /** Emits lines. If the client blocks on the network, they are buffered in this process. */
  emit(lines: readonly string[]): void {
    const batch = lines.map((line) => logEnvelope(line, { sourceId: this.#source }));
    const bytes = Buffer.from(encodeEnvelopeBatch({ batch })).toString("base64");
    this.#program.write({ call: "emit", batch: bytes });
  }

  /** Resolves when the client accepts more. */
  ready(): Promise<void> {
    return this.#program.taken();
  }

  /** Resolves when all lines are sent or lost, or after the time limit. */
  async closeSend(): Promise<void> {
    this.#program.write({ call: "closeSend" });
    await Promise.race([this.#answered, this.#program.ended, wait(closeTimeoutMs)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

/** go-loggregator's egress connector or its gateway client. */
export class GoReader implements AsyncDisposable {
  readonly numbers: number[] = [];
  /** True if the client has stopped retrying. */
  gaveUp = false;
  // biome-ignore lint/style/useReadonlyClassProperties: start() assigns it
  #program: GoProgram | undefined;

  static async start(
    role: "egress-reader" | "gateway-reader",
    address: string,
    sourceId: string,
    tls?: TlsMaterial,
  ): Promise<GoReader> {
    const reader = new GoReader();
    const request = JSON.stringify({ selectors: [{ sourceId, log: {} }] });
    const flags = { address, request, token: "any-token" };
    reader.#program = await GoProgram.start(role, flags, tls, (line) => reader.#read(line));
    return reader;
  }

  #read({ batch, ended }: Record<string, unknown>): void {
    if (ended !== undefined) {
      this.gaveUp = true;
    }
    if (batch === undefined) {
      return;
    }
    for (const envelope of parseEnvelopeBatch(JSON.stringify(batch)).batch) {
      this.numbers.push(numberOf(envelope));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}

/** go-loggregator's v1 client. */
export class GoV1 implements AsyncDisposable {
  readonly #program: GoProgram;
  readonly #source: string;

  static async start(source: string, address: string): Promise<GoV1> {
    const flags = { address, origin: "faults" };
    return new GoV1(await GoProgram.start("v1-emitter", flags, undefined, () => {}), source);
  }

  private constructor(program: GoProgram, source: string) {
    this.#program = program;
    this.#source = source;
  }

  emit(lines: readonly string[]): void {
    for (const line of lines) {
      this.#program.write({
        call: "emitLog",
        message: Buffer.from(line).toString("base64"),
        options: { sourceId: this.#source },
      });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
