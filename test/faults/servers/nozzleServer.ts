import { ChildProgram } from "@loggregator/testing";
import type { ServerTls } from "./serverProcess.js";

/** A server in its own process that emits logs: a Loggregator, with consecutive numbers. */
export class NozzleServer implements AsyncDisposable {
  /** The address of its RLP. */
  egress = "";
  readonly #child: ChildProgram;
  #id = 0;

  private constructor(program: URL) {
    this.#child = new ChildProgram(program);
  }

  /** @param program Another server that understands the same messages. */
  static async start(
    tls: ServerTls,
    program = new URL("../programs/nozzleServer.mjs", import.meta.url),
  ): Promise<NozzleServer> {
    const server = new NozzleServer(program);
    const { egress } = await server.#request<{ egress: string }>({ type: "start", tls });
    server.egress = egress;
    return server;
  }

  /** Emits numbers, and resolves to the first one that was not emitted. */
  async emit(count: number, perSecond: number): Promise<number> {
    const { next } = await this.#request<{ next: number }>({ type: "emit", count, perSecond });
    return next;
  }

  /** Resolves once this number of streams are open. */
  async untilStreams(count: number): Promise<void> {
    await this.#request({ type: "streams", count });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill();
  }

  async #request<Answer>(request: object): Promise<Answer> {
    const id = this.#id++;
    this.#child.send({ ...request, id });
    const isAnswer = (message: unknown) => (message as { id: number }).id === id;
    await this.#child.until((messages) => messages.some(isAnswer));
    return this.#child.messages.values.find(isAnswer) as Answer;
  }
}
