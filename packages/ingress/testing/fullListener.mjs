// Run by a test: listens, and is stopped then, so that its queue of connections fills up.
import { createServer } from "node:net";

const server = createServer();
server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () =>
  process.send(server.address().port),
);
