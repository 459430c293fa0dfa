import { createSocket } from "node:dgram";
import type { Emulator } from "../src/index.js";

/** Sends datagrams from a separate socket; resolves when the system has taken them. */
export async function sendDatagrams(emulator: Emulator, ...datagrams: Uint8Array[]): Promise<void> {
  const socket = createSocket("udp4");
  const [host, port] = emulator.v1.address.split(":");
  try {
    for (const datagram of datagrams) {
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, Number(port), host, (error) => (error ? reject(error) : resolve()));
      });
    }
  } finally {
    socket.close();
  }
}
