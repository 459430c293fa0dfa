// A thread that sends back each message. An empty one ends it.
import { workerData } from "node:worker_threads";
import { SharedOneToOne, Waiter } from "@loggregator/diodes";

const back = new SharedOneToOne(workerData.back);
for await (const message of new Waiter(new SharedOneToOne(workerData.there))) {
  if (message.length === 0) {
    break;
  }
  back.set(message);
}
