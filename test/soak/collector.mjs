// Accepts OTLP logs over HTTP in its own process, and counts the records.
import { once } from "node:events";
import { createServer } from "node:http";

let records = 0;

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    // ExportLogsServiceRequest.resource_logs, ResourceLogs.scope_logs, ScopeLogs.log_records.
    forEachField(body, 0, body.length, 1, (start, end) =>
      forEachField(body, start, end, 2, (start, end) =>
        forEachField(body, start, end, 2, () => {
          records++;
        }),
      ),
    );
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.once("disconnect", () => process.exit());
process.on("message", () => process.send({ records }));
process.send({ address: `127.0.0.1:${server.address().port}` });

/** Calls `visit` for each occurrence of a length-delimited field. */
function forEachField(bytes, start, end, number, visit) {
  for (let at = start; at < end; ) {
    const [tag, afterTag] = varint(bytes, at);
    const [value, afterValue] = (tag & 7) === 1 ? [0, afterTag + 8] : varint(bytes, afterTag);
    const isDelimited = (tag & 7) === 2;
    if (isDelimited && tag >>> 3 === number) {
      visit(afterValue, afterValue + value);
    }
    at = isDelimited ? afterValue + value : afterValue;
  }
}

/** Reads a number, and returns it with the position after it. */
function varint(bytes, start) {
  let value = 0;
  let factor = 1;
  let at = start;
  for (; bytes[at] >= 128; at++) {
    value += (bytes[at] & 127) * factor;
    factor *= 128;
  }
  return [value + bytes[at] * factor, at + 1];
}
