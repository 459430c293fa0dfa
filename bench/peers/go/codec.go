package main

import (
	"bytes"
	"encoding/json"

	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func encode() subject {
	batch := sampleBatch()
	return repeat(batchSize, func() {
		message, err := proto.Marshal(batch)
		must(err)
		keep(len(message))
	})
}

func decode() subject {
	message, err := proto.Marshal(sampleBatch())
	must(err)
	return repeat(batchSize, func() {
		var batch loggregator_v2.EnvelopeBatch
		must(proto.Unmarshal(message, &batch))
		lookAtAll(batch.Batch)
	})
}

func parseJSON() subject {
	spaced, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(sampleBatch())
	must(err)
	// protojson puts spaces into some programs' output; the other subjects' text has none.
	var text bytes.Buffer
	must(json.Compact(&text, spaced))
	return repeat(batchSize, func() {
		var batch loggregator_v2.EnvelopeBatch
		must(protojson.Unmarshal(text.Bytes(), &batch))
		lookAtAll(batch.Batch)
	})
}
