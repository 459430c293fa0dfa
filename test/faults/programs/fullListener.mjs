// Listens on the given ports. Tests then stop this process, so that its connection queues fill up.
import { once } from "node:events";
import { createServer } from "node:net";

for (const port of process.argv.slice(2)) {
  const server = createServer();
  server.listen({ host: "127.0.0.1", port: Number(port), backlog: 1 });
  await once(server, "listening");
}
process.once("disconnect", () => process.exit());
process.send("listening");
