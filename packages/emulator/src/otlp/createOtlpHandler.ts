import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { errorText, type Logger } from "@loggregator/core";
import type { FaultSwitch } from "../faults/faults.js";
import { type AdmissionOptions, admitRequest } from "../gateway/access/admitRequest.js";
import { answerPreflight } from "../gateway/access/gatewayCors.js";
import type { HttpHandler } from "../gateway/httpListener.js";
import type { OtlpReceiver } from "./otlpReceiver.js";
import type { OtlpSignal } from "./otlpSignals.js";
import { encodeRpcStatus } from "./rpcStatus.js";

export interface OtlpHandlerOptions extends AdmissionOptions {
  readonly receiver: OtlpReceiver;
  /** The faults of the endpoint. */
  readonly faults: () => Pick<FaultSwitch, "beforeReading"> | undefined;
  readonly logger: Logger;
}

/** The default of a collector, also for the size of a body that is not compressed. */
const maxBodyBytes = 20 * 1024 * 1024;

const signals: Readonly<Record<string, OtlpSignal>> = {
  "/v1/logs": "logs",
  "/v1/metrics": "metrics",
  "/v1/traces": "traces",
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

/** Serves OTLP over HTTP/1.1. */
export function createOtlpHandler(options: OtlpHandlerOptions): HttpHandler {
  return (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.logger.error(`the OTLP receiver aborts a response: ${errorText(error)}`);
      response.destroy();
    });
  };
}

async function serve(
  options: OtlpHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const admitted = await admitRequest(options, request, response, {
    faults: options.faults(),
    option: "otlp",
    onPreflight: () => {
      const wanted = request.headers["access-control-request-headers"];
      answerPreflight(response, "POST", String(wanted ?? "content-type"));
    },
  });
  if (admitted === undefined) {
    return;
  }
  const { signal, foreign } = admitted;
  const answer =
    foreign === undefined
      ? await answerRequest(options.receiver, request)
      : textAnswer(foreign.status, foreign.body);
  if (signal.aborted) {
    return;
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    "content-type": answer.type,
    "content-length": Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}

async function answerRequest(receiver: OtlpReceiver, request: IncomingMessage): Promise<Answer> {
  const { method, url = "/", headers } = request;
  const [path = ""] = url.split("?", 1);
  const signal = Object.hasOwn(signals, path) ? signals[path] : undefined;
  if (signal === undefined) {
    return textAnswer(404, "404 page not found\n");
  }
  if (method !== "POST") {
    return {
      ...textAnswer(405, "405 method not allowed, supported: [POST]"),
      headers: { allow: "POST" },
    };
  }
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-protobuf" && type !== "application/json") {
    const supported = "application/json, application/x-protobuf";
    return textAnswer(415, `415 unsupported media type, supported: [${supported}]`);
  }
  const { refusal } = receiver.state;
  if (refusal !== undefined) {
    const { httpStatus, grpcStatus: code, message, retryAfterMs } = refusal;
    const answer = statusAnswer(httpStatus, type, code, message);
    // A collector writes it with these statuses only.
    const isThrottling = httpStatus === 429 || httpStatus === 503;
    return retryAfterMs !== undefined && isThrottling
      ? { ...answer, headers: { "retry-after": String(Math.ceil(retryAfterMs / 1000)) } }
      : answer;
  }
  const body = await readBody(request);
  if ("status" in body) {
    return statusAnswer(body.status, type, 3, body.message);
  }
  const protocol = type === "application/json" ? "http/json" : "http/protobuf";
  try {
    const answer = await receiver.accept(signal, body, { protocol, headers: plain(headers) });
    return { status: 200, type, body: type === "application/json" ? answer.json : answer.bytes };
  } catch (error) {
    return statusAnswer(400, type, 3, `malformed request: ${errorText(error)}`);
  }
}

interface UnreadableBody {
  readonly status: number;
  readonly message: string;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | UnreadableBody> {
  const tooLarge = { status: 413, message: `the body is larger than ${maxBodyBytes} bytes` };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and ignored, so that the client receives the answer.
    if (size <= maxBodyBytes) {
      chunks.push(chunk);
    }
  }
  if (size > maxBodyBytes) {
    return tooLarge;
  }
  const body = Buffer.concat(chunks);
  const { "content-encoding": encoding = "identity" } = request.headers;
  switch (encoding) {
    case "identity":
      return body;
    case "gzip":
      try {
        return await promisify(gunzip)(body, { maxOutputLength: maxBodyBytes });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === "ERR_BUFFER_TOO_LARGE"
          ? tooLarge
          : { status: 400, message: `malformed gzip: ${errorText(error)}` };
      }
    default:
      return { status: 400, message: `unsupported Content-Encoding: ${encoding}` };
  }
}

function plain(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
}

function textAnswer(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body };
}

/** Returns an answer with a `google.rpc.Status`, in the encoding of the request. */
function statusAnswer(status: number, type: string, code: number, message: string): Answer {
  const body =
    type === "application/json"
      ? JSON.stringify({ code, message })
      : encodeRpcStatus({ code, message });
  return { status, type, body };
}
