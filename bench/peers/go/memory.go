package main

import (
	"time"

	"code.cloudfoundry.org/go-diodes"
	"code.cloudfoundry.org/go-loggregator/v10/conversion"
	"code.cloudfoundry.org/go-loggregator/v10/rfc5424"
)

const atOnce = 1000

// The values to set and take, created beforehand: only the diodes' own allocations count. Both
// diodes have their own code, because calls through an interface would take a tenth longer.

func diode() subject {
	ring := diodes.NewOneToOne(1024, nil)
	var values [atOnce]int
	return repeat(atOnce, func() {
		for i := range values {
			values[i] = i
			ring.Set(diodes.GenericDataType(&values[i]))
			if value, ok := ring.TryNext(); ok {
				keep(*(*int)(value))
			}
		}
	})
}

func diodeManyToOne() subject {
	ring := diodes.NewManyToOne(1024, nil)
	var values [atOnce]int
	return repeat(atOnce, func() {
		for i := range values {
			values[i] = i
			ring.Set(diodes.GenericDataType(&values[i]))
			if value, ok := ring.TryNext(); ok {
				keep(*(*int)(value))
			}
		}
	})
}

// convert converts a log to v1, and a v1 log to v2. Neither conversion changes its argument.
func convert() subject {
	envelope := sampleBatch().Batch[0]
	event := conversion.ToV1(envelope)[0]
	return repeat(atOnce, func() {
		for i := 0; i < atOnce; i += 2 {
			keep(len(conversion.ToV1(envelope)))
			keep(len(conversion.ToV2(event, true).SourceId))
		}
	})
}

// syslog writes a message, and reads one.
func syslog() subject {
	message := rfc5424.Message{
		Priority:  rfc5424.User | rfc5424.Info,
		Timestamp: time.Unix(0, 1_795_363_066_942_123_000).UTC(),
		Hostname:  "org.space.app",
		AppName:   sourceID,
		ProcessID: "[APP/PROC/WEB/" + instanceID + "]",
		Message:   []byte(line),
		StructuredData: []rfc5424.StructuredData{{ID: "tags@47450", Parameters: []rfc5424.SDParam{
			{Name: "deployment", Value: emitTags["deployment"]},
			{Name: "origin", Value: emitTags["origin"]},
		}}},
	}
	prepared, err := message.MarshalBinary()
	must(err)
	return repeat(atOnce, func() {
		for i := 0; i < atOnce; i += 2 {
			text, err := message.MarshalBinary()
			must(err)
			keep(len(text))
			var read rfc5424.Message
			must(read.UnmarshalBinary(prepared))
			keep(len(read.AppName))
		}
	})
}
