import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { encodeLogRecord } from "../../mapping/sharedAttributes.js";
import { type ExportLogsServiceRequest, ResourceLogs, ScopeLogs } from "../../messages.js";

/** The tags of `ExportLogsServiceRequest.resource_logs`, `ResourceLogs.scope_logs` and `ScopeLogs.log_records`. */
const resourceLogsTag = 10;
const scopeLogsTag = 18;
const logRecordsTag = 18;

/** Same as the generated encoder, except that attributes shared by records are encoded once. */
export function encodeLogs({ resourceLogs }: ExportLogsServiceRequest): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const { scopeLogs, ...resource } of resourceLogs) {
    writer.uint32(resourceLogsTag).fork();
    ResourceLogs.encode({ ...resource, scopeLogs: [] }, writer);
    for (const { logRecords, ...scope } of scopeLogs) {
      writer.uint32(scopeLogsTag).fork();
      ScopeLogs.encode({ ...scope, logRecords: [] }, writer);
      for (const record of logRecords) {
        writer.uint32(logRecordsTag).fork();
        encodeLogRecord(record, writer);
        writer.join();
      }
      writer.join();
    }
    writer.join();
  }
  return writer.finish();
}
