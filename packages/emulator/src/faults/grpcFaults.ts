import {
  type CallContext,
  ServerError,
  type ServerMiddleware,
  type ServerMiddlewareCall,
  Status,
} from "nice-grpc";
import { FaultSwitch, type Faults } from "./faults.js";

export interface GrpcFaults extends Faults {
  /**
   * New calls fail with this status. Those that are open go on.
   *
   * @param status a gRPC status, for example 14, UNAVAILABLE
   * @param details default: `refused by the emulator`
   * @throws RangeError where the status is not from 1 to 16
   */
  refuse(status: number, details?: string): void;
}

/** The faults of a gRPC endpoint. */
export class GrpcFaultSwitch extends FaultSwitch implements GrpcFaults {
  #refusal: { readonly status: Status; readonly details: string } | undefined;

  refuse(status: number, details = "refused by the emulator"): void {
    if (!(Number.isInteger(status) && status >= Status.CANCELLED && status <= 16)) {
      throw new RangeError(`refuse: expected a gRPC status from 1 to 16, got ${status}`);
    }
    this.#refusal = { status, details };
  }

  override clear(): void {
    this.#refusal = undefined;
    super.clear();
  }

  /** Has the faults on calls. */
  readonly middleware: ServerMiddleware = (call, context) => this.#handle(call, context);

  async *#handle<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): AsyncGenerator<Response, Response | undefined, undefined> {
    const { signal } = context;
    await this.beforeReading(signal);
    signal.throwIfAborted();
    if (this.#refusal !== undefined) {
      throw new ServerError(this.#refusal.status, this.#refusal.details);
    }
    const request = call.requestStream ? this.#read(call.request, signal) : call.request;
    if (!call.responseStream) {
      return yield* call.next(request, context);
    }
    for await (const response of call.next(request, context)) {
      await this.beforeSending(signal);
      yield response;
    }
    return undefined;
  }

  async *#read<Message>(
    messages: AsyncIterable<Message>,
    signal: AbortSignal,
  ): AsyncGenerator<Message> {
    for await (const message of messages) {
      await this.beforeReading(signal);
      signal.throwIfAborted();
      yield message;
    }
  }
}
