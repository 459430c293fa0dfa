// Reads a gateway, and sends the test each line and each retry. Needs the package to be built.
import { selectLog } from "@loggregator/api";
import { RlpGatewayClient } from "../dist/index.js";

const [url, heartbeatTimeoutMs] = process.argv.slice(2);
const client = new RlpGatewayClient({
  url,
  heartbeatTimeoutMs: Number(heartbeatTimeoutMs),
  logger: null,
  onRetryableError: ({ name }) => process.send({ retry: name }),
});
for await (const batch of client.stream({ selectors: [selectLog()] })) {
  for (const { message } of batch) {
    process.send({ line: new TextDecoder().decode(message.value.payload) });
  }
}
