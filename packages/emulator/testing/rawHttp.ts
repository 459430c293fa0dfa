import { once } from "node:events";
import { connect } from "node:net";

/**
 * Sends bytes to an HTTP server, and resolves to its complete answer when it closes the connection.
 */
export async function rawHttp(address: string, request: string): Promise<string> {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => {});
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
  });
  socket.write(request, "latin1");
  await once(socket, "close");
  return answer;
}
