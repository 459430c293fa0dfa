// A thread that does nothing but send back what comes. It ends with an empty message.
import { workerData } from "node:worker_threads";
import { SharedOneToOne, Waiter } from "@loggregator/diodes";

const back = new SharedOneToOne(workerData.back);
for await (const message of new Waiter(new SharedOneToOne(workerData.there))) {
  if (message.length === 0) {
    break;
  }
  back.set(message);
}
