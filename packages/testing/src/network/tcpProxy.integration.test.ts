import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { Recorder } from "../recorder.js";
import { listen } from "../servers/listen.js";
import { TcpProxy } from "./tcpProxy.js";

const echo = () => createServer((socket) => void socket.pipe(socket));

async function open(proxy: TcpProxy) {
  const socket = connect(proxy.port, "127.0.0.1");
  const received = new Recorder<string>();
  socket.setEncoding("utf8").on("data", received.add);
  socket.on("error", () => {});
  await once(socket, "connect");
  return { socket, text: (wanted: string) => received.until((all) => all.join("") === wanted) };
}

test("passes bytes, stalls, and drops bytes in a black hole", async () => {
  await using server = await listen(echo());
  await using proxy = await TcpProxy.to(server.address);
  const { socket, text } = await open(proxy);
  socket.write("a");
  await text("a");
  proxy.condition = { type: "stalled" };
  socket.write("b");
  proxy.condition = { type: "clear" };
  await text("ab");
  proxy.freeze();
  socket.write("lost");
  // Another connection is lost as well.
  const { socket: other } = await open(proxy);
  other.write("lost");
  proxy.cut();
  await proxy.drained();
  expect(proxy.accepted).toBe(2);
});

test("delays bytes but keeps their order", async () => {
  await using server = await listen(echo());
  await using proxy = await TcpProxy.to(server.address);
  const { socket, text } = await open(proxy);
  proxy.condition = { type: "delay", ms: 20 };
  socket.write("a");
  proxy.condition = { type: "clear" };
  socket.write("b");
  await text("ab");
  socket.destroy();
});

test("closes a connection after a number of bytes, and refuses new ones", async () => {
  await using server = await listen(echo());
  await using proxy = await TcpProxy.to(server.address);
  proxy.condition = { type: "cut", afterBytes: 0, atRecord: false };
  const { socket } = await open(proxy);
  const closed = once(socket, "close");
  // A TLS record of ten bytes.
  socket.write(Buffer.from([23, 3, 3, 0, 10, ...Array(10).fill(0)]));
  await closed;
  proxy.condition = { type: "refuse" };
  await expect(once(connect(proxy.port, "127.0.0.1"), "close")).rejects.toMatchObject({
    code: "ECONNRESET",
  });
});

test("listens at the same address again after close()", async () => {
  await using server = await listen(echo());
  await using proxy = await TcpProxy.to(server.address);
  const { address } = proxy;
  await proxy.close();
  await proxy.listen();
  expect(proxy.address).toBe(address);
  const { socket, text } = await open(proxy);
  socket.write("x");
  await text("x");
  socket.destroy();
});
