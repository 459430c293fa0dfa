import { formatValue, OptionRangeError } from "@loggregator/core";
import {
  type CallContext,
  ServerError,
  type ServerMiddleware,
  type ServerMiddlewareCall,
  Status,
} from "nice-grpc";
import { FaultSwitch, type Faults } from "./faults.js";

/** The faults of a gRPC endpoint, and those of every endpoint. */
export interface GrpcFaults extends Faults {
  /**
   * Fails new calls with a status. Open calls continue.
   *
   * @param status The gRPC status, for example 14, UNAVAILABLE.
   * @param details Default: "refused by the emulator".
   * @throws OptionRangeError if the status is not from 1 to 16.
   */
  refuse(status: number, details?: string): void;
}

/** The faults of a gRPC endpoint. */
export class GrpcFaultSwitch extends FaultSwitch implements GrpcFaults {
  #refusal: { readonly status: Status; readonly details: string } | undefined;

  refuse(status: number, details = "refused by the emulator"): void {
    if (!(Number.isInteger(status) && status >= Status.CANCELLED && status <= 16)) {
      throw new OptionRangeError("status", "a gRPC status from 1 to 16", formatValue(status));
    }
    this.#refusal = { status, details };
  }

  override clear(): void {
    this.#refusal = undefined;
    super.clear();
  }

  /** Applies the faults to calls. */
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
