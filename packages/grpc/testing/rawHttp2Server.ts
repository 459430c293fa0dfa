import { createServer, type TLSSocket } from "node:tls";
import { listen, type TestServer } from "@loggregator/testing";

/** Frame types of HTTP/2 (RFC 9113, section 6). */
export const FrameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const endStream = 1;
const acknowledgement = 1;
const endHeaders = 4;
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Settings by their number. */
export type RawSettings = Readonly<Record<number, number>>;

/**
 * The server's end of a connection, frame by frame: it sends only the frames that a test requests.
 */
export class RawConnection {
  /** The largest id of a stream that the client has opened. */
  lastStreamId = 0;
  /** Whether SETTINGS and pings of the client are acknowledged. */
  acknowledges = true;
  readonly frames: Frame[] = [];
  readonly #socket: TLSSocket;
  #received = Buffer.alloc(0);
  #hasPreface = false;
  #onFrame: (frame: Frame) => void = () => {};

  constructor(socket: TLSSocket, settings: RawSettings) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.#receive(chunk));
    this.sendSettings(settings);
  }

  /** Called with each frame of the client, after it has been acknowledged. */
  onFrame(callback: (frame: Frame) => void): void {
    this.#onFrame = callback;
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(streamId, 5);
    if (!this.#socket.destroyed) {
      this.#socket.write(Buffer.concat([head, payload]));
    }
  }

  sendSettings(settings: RawSettings): void {
    const payload = Buffer.concat(
      Object.entries(settings).map(([id, value]) => {
        const entry = Buffer.alloc(6);
        entry.writeUInt16BE(Number(id), 0);
        entry.writeUInt32BE(value, 2);
        return entry;
      }),
    );
    this.send(FrameType.settings, 0, 0, payload);
  }

  sendHeaders(streamId: number, headers: Readonly<Record<string, string>>, isEnd = false): void {
    const flags = endHeaders | (isEnd ? endStream : 0);
    this.send(FrameType.headers, flags, streamId, encodeHeaders(headers));
  }

  /** Sends the headers of a gRPC response. */
  sendResponse(streamId: number, headers: Readonly<Record<string, string>> = {}): void {
    this.sendHeaders(streamId, {
      ":status": "200",
      "content-type": "application/grpc",
      ...headers,
    });
  }

  sendData(streamId: number, payload: Uint8Array, isEnd = false): void {
    this.send(FrameType.data, isEnd ? endStream : 0, streamId, payload);
  }

  sendTrailers(streamId: number, headers: Readonly<Record<string, string>>): void {
    this.sendHeaders(streamId, headers, true);
  }

  sendWindowUpdate(streamId: number, increment: number): void {
    this.send(FrameType.windowUpdate, 0, streamId, number32(increment));
  }

  sendReset(streamId: number, code: number): void {
    this.send(FrameType.rstStream, 0, streamId, number32(code));
  }

  sendGoaway(lastStreamId: number, code = 0, text = ""): void {
    const payload = [number32(lastStreamId), number32(code), Buffer.from(text)];
    this.send(FrameType.goaway, 0, 0, Buffer.concat(payload));
  }

  /** Destroys the connection without GOAWAY. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves with the next frame for which `predicate` holds, or one that was received before. */
  async frame(predicate: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(predicate);
      if (found !== undefined) {
        return found;
      }
      await new Promise((resolve) => this.#socket.once("data", () => setImmediate(resolve)));
    }
  }

  /** The request bytes that were received on a stream. */
  bodyOf(streamId: number): Buffer {
    const parts = this.frames
      .filter((frame) => frame.type === FrameType.data && frame.streamId === streamId)
      .map(({ payload }) => payload);
    return Buffer.concat(parts);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (!this.#hasPreface && this.#received.length >= preface.length) {
      this.#hasPreface = true;
      this.#received = this.#received.subarray(preface.length);
    }
    while (this.#hasPreface && this.#received.length >= 9) {
      const length = this.#received.readUIntBE(0, 3);
      if (this.#received.length < 9 + length) {
        return;
      }
      const frame = {
        type: this.#received[3] as number,
        flags: this.#received[4] as number,
        streamId: this.#received.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(this.#received.subarray(9, 9 + length)),
      };
      this.#received = this.#received.subarray(9 + length);
      this.#handle(frame);
    }
  }

  #handle(frame: Frame): void {
    const { type, flags, streamId, payload } = frame;
    this.frames.push(frame);
    this.lastStreamId = Math.max(this.lastStreamId, streamId);
    const isRequest = (flags & acknowledgement) === 0;
    if (this.acknowledges && isRequest && type === FrameType.settings) {
      this.send(FrameType.settings, acknowledgement, 0);
    }
    if (this.acknowledges && isRequest && type === FrameType.ping) {
      this.send(FrameType.ping, acknowledgement, 0, payload);
    }
    this.#onFrame(frame);
  }
}

export interface RawHttp2Server extends TestServer {
  readonly connections: readonly RawConnection[];
}

/** Starts a server whose frames each test writes. */
export async function startRawHttp2Server(
  tls: { readonly ca: string; readonly cert: string; readonly key: string },
  onConnection: (connection: RawConnection, index: number) => void,
  settings: RawSettings = {},
): Promise<RawHttp2Server> {
  const connections: RawConnection[] = [];
  const server = createServer({ ...tls, requestCert: true, ALPNProtocols: ["h2"] }, (socket) => {
    const connection = new RawConnection(socket, settings);
    onConnection(connection, connections.push(connection) - 1);
  });
  return Object.assign(await listen(server), { connections });
}

/** Whether a frame is the end of a request. */
export function isRequestEnd({ type, flags }: Frame): boolean {
  return (type === FrameType.data || type === FrameType.headers) && (flags & endStream) !== 0;
}

/** A gRPC message: flag, length and bytes. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Headers as literals without indexing and without Huffman coding (RFC 7541, 6.2.2). */
function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([0]),
      hpackText(name),
      hpackText(value),
    ]),
  );
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) {
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  }
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + 128);
  }
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
