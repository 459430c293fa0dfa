package main

import "code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"

// The data of bench/sample.ts.

const (
	line       = `{"level":"info","msg":"request served","path":"/v2/apps","status":200,"duration_ms":12.345}`
	sourceID   = "984992f6-3cfb-4417-9321-786ee5233e9c"
	instanceID = "3"
	batchSize  = 100
)

var emitTags = map[string]string{"deployment": "cf-production", "origin": "gorouter"}

// sampleBatch is a batch as readers receive it: each envelope has six tags.
func sampleBatch() *loggregator_v2.EnvelopeBatch {
	batch := &loggregator_v2.EnvelopeBatch{}
	for i := range batchSize {
		batch.Batch = append(batch.Batch, &loggregator_v2.Envelope{
			Timestamp:  1_795_363_066_942_000_000 + int64(i)*1_234,
			SourceId:   sourceID,
			InstanceId: instanceID,
			Tags: map[string]string{
				"deployment":  "cf-production",
				"origin":      "gorouter",
				"job":         "diego-cell",
				"index":       "f2c1a3f6-8b1c-4f51-a7be-0f1f3b5ad6d1",
				"ip":          "10.244.0.128",
				"source_type": "APP/PROC/WEB",
			},
			Message: &loggregator_v2.Envelope_Log{
				Log: &loggregator_v2.Log{Payload: []byte(line), Type: loggregator_v2.Log_OUT},
			},
		})
	}
	return batch
}

// lookAtAll reads every field of each envelope and sums the values, as the other subjects do.
func lookAtAll(envelopes []*loggregator_v2.Envelope) {
	for _, envelope := range envelopes {
		keep(look(envelope))
	}
}

func look(envelope *loggregator_v2.Envelope) int {
	sum := int(envelope.Timestamp&0xffff) + len(envelope.SourceId) + len(envelope.InstanceId)
	for name, value := range envelope.Tags {
		sum += len(name) + len(value)
	}
	for name := range envelope.DeprecatedTags {
		sum += len(name)
	}
	if log := envelope.GetLog(); log != nil {
		sum += len(log.Payload) + int(log.Type)
		if length := len(log.Payload); length > 0 {
			sum += int(log.Payload[0]) + int(log.Payload[length-1])
		}
	}
	return sum
}
