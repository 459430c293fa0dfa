import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { listen } from "./listen.js";
import { reserveTcpPort, reserveUdpPort } from "./reservedPort.js";
import { UdpListener } from "./udpListener.js";

test("a reserved TCP port refuses connections until the test listens on it, repeatedly", async () => {
  await using reserved = await reserveTcpPort();
  for (let round = 0; round < 2; round++) {
    await expect(once(connect(reserved.port, "127.0.0.1"), "connect")).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
    await using _ = await listen(createServer(), { port: reserved.port, host: "127.0.0.1" });
    const client = connect(reserved.port, "127.0.0.1");
    await once(client, "connect");
    client.destroy();
  }
});

test("a reserved UDP port refuses datagrams until a listener is started on it", async () => {
  await using reserved = await reserveUdpPort();
  const client = createSocket("udp4");
  client.connect(reserved.port, "127.0.0.1");
  await once(client, "connect");
  for (let round = 0; round < 2; round++) {
    client.send("lost");
    const [error] = await once(client, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    await using listener = await UdpListener.start(reserved.port);
    client.send("received");
    const [datagram] = await listener.next(1);
    expect(Buffer.from(datagram ?? []).toString()).toBe("received");
  }
  client.close();
});
