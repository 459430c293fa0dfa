import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { decodeEnvelopeBatch, type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { look } from "../sample.js";
import type { Subject, Surroundings } from "../subject.js";
import { keep } from "./codec.js";

// The baseline without HTTP/2 and gRPC: the same bytes, encoded or decoded, on a bare TLS socket.

/** The number of bytes written before the socket has taken them. */
const writtenAhead = 1024 * 1024;

/** Encodes and writes a batch repeatedly. */
export async function tlsEmitting(surroundings: Surroundings, batch: Envelope[]): Promise<Subject> {
  const socket = await open(surroundings, surroundings.tlsSink);
  const header = Buffer.alloc(5);
  return {
    async work(until) {
      let items = 0;
      do {
        const bytes = encodeEnvelopeBatch({ batch });
        header.writeUInt32BE(bytes.length, 1);
        socket.cork();
        socket.write(Buffer.from(header));
        socket.write(bytes);
        socket.uncork();
        items += batch.length;
        if (socket.writableLength >= writtenAhead) {
          await once(socket, "drain");
        }
      } while (performance.now() < until);
      await new Promise((resolve) => socket.write("", resolve));
      return items;
    },
    close: () => void socket.destroy(),
  };
}

/** Reads and decodes batches, and reads every field. */
export async function tlsReading(surroundings: Surroundings): Promise<Subject> {
  return {
    async work(until) {
      const socket = await open(surroundings, surroundings.tlsSource);
      let items = 0;
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let at = 0;
        while (bytes.length - at >= 5) {
          const end = at + 5 + bytes.readUInt32BE(at + 1);
          if (end > bytes.length) {
            break;
          }
          const { batch } = decodeEnvelopeBatch(bytes.subarray(at + 5, end));
          for (const envelope of batch) {
            keep(look(envelope));
          }
          items += batch.length;
          at = end;
        }
        rest = bytes.subarray(at);
        if (performance.now() >= until) {
          break;
        }
      }
      return items;
    },
  };
}

async function open(
  { caPath, certPath, keyPath }: Surroundings,
  address: string,
): Promise<TLSSocket> {
  const [host, port] = address.split(":");
  const socket = connect({
    host,
    port: Number(port),
    ca: readFileSync(caPath),
    cert: readFileSync(certPath),
    key: readFileSync(keyPath),
    servername: "metron",
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}
