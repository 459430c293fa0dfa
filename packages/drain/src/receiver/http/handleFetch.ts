import type { Intake } from "../queue/intake.js";
import { receiveRequest } from "./receiveRequest.js";

/** The part of a `Request` that the handler reads. */
export type FetchRequest = Pick<Request, "method" | "url" | "headers" | "body"> & {
  readonly signal?: AbortSignal | undefined;
};

const neverGone = new AbortController().signal;

/** Receives the messages of a fetch-style request, and resolves to the answer. */
export async function handleFetch(intake: Intake, request: FetchRequest): Promise<Response> {
  const url = new URL(request.url);
  const { status, headers } = await receiveRequest(intake, {
    method: request.method,
    path: url.pathname + url.search,
    remoteAddress: undefined,
    certificate: undefined,
    header: (name) => request.headers.get(name) ?? undefined,
    body: () => bytesOf(request.body),
    gone: request.signal ?? neverGone,
  });
  // The server controls the connection, and `connection` is a forbidden header.
  const { connection: _, "content-length": __, ...others } = headers;
  return new Response(null, { status, headers: others });
}

function bytesOf(body: Request["body"]): AsyncIterator<Uint8Array> {
  const reader = body?.getReader();
  return {
    next: async () => {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      return done ? { done, value: undefined } : { done: false, value };
    },
    return: async () => {
      await reader?.cancel();
      return { done: true, value: undefined };
    },
  };
}
