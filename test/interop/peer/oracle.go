package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"code.cloudfoundry.org/go-diodes"
	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/conversion"
	"code.cloudfoundry.org/go-loggregator/v10/rfc5424"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"github.com/cloudfoundry/sonde-go/events"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// question is a request for the reference's result for an input.
type question struct {
	Ask string
	// The input, if it is bytes.
	Bytes []byte
	// The result of our side for the same bytes, encoded again.
	Ours []byte
	// The input, if it is text.
	Text           string
	DiscardUnknown bool
	Message        *syslogMessage
	Diode          diodeHistory
}

var answers = map[string]func(question) (any, error){
	"batch":      decodeBatch,
	"json":       readJSON,
	"event":      decodeEvent,
	"toV1":       toV1,
	"toV2":       toV2,
	"marshal":    marshalSyslog,
	"unmarshal":  unmarshalSyslog,
	"frame":      writeFrame,
	"frames":     readFrames,
	"diode":      runDiode,
	"gatewayURL": gatewayURL,
}

// oracle answers each line with one line, in order.
func oracle() {
	eachLine(func(q question) {
		if value, err := answers[q.Ask](q); err != nil {
			write(object{"error": err.Error()})
		} else {
			write(object{"value": value})
		}
	})
}

func decodeBatch(q question) (any, error) {
	var batch, ours loggregator_v2.EnvelopeBatch
	if err := proto.Unmarshal(q.Bytes, &batch); err != nil {
		return nil, err
	}
	compact, err := asJSON(&batch)
	if err != nil {
		return nil, err
	}
	all, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(&batch)
	if err != nil {
		return nil, err
	}
	again, err := proto.Marshal(&batch)
	if err != nil {
		return nil, err
	}
	return object{
		"json":  object{"compact": compact, "all": json.RawMessage(all)},
		"bytes": again,
		"same":  compare(&batch, &ours, q.Ours),
	}, nil
}

func readJSON(q question) (any, error) {
	var batch loggregator_v2.EnvelopeBatch
	options := protojson.UnmarshalOptions{DiscardUnknown: q.DiscardUnknown}
	if err := options.Unmarshal([]byte(q.Text), &batch); err != nil {
		return nil, err
	}
	return asJSON(&batch)
}

func decodeEvent(q question) (any, error) {
	var event, ours events.Envelope
	if err := proto.Unmarshal(q.Bytes, &event); err != nil {
		return nil, err
	}
	written, err := asJSON(&event)
	if err != nil {
		return nil, err
	}
	again, err := proto.Marshal(&event)
	if err != nil {
		return nil, err
	}
	return object{
		"json":  written,
		"bytes": again,
		"same":  compare(&event, &ours, q.Ours),
	}, nil
}

func toV1(q question) (any, error) {
	var batch loggregator_v2.EnvelopeBatch
	if err := proto.Unmarshal(q.Bytes, &batch); err != nil {
		return nil, err
	}
	converted := []json.RawMessage{}
	for _, envelope := range batch.Batch {
		v1 := conversion.ToV1(envelope)
		// The metrics of a gauge are in the random order of a Go map.
		slices.SortFunc(v1, func(a, b *events.Envelope) int {
			return strings.Compare(a.GetValueMetric().GetName(), b.GetValueMetric().GetName())
		})
		for _, event := range v1 {
			written, err := asJSON(event)
			if err != nil {
				return nil, err
			}
			converted = append(converted, written)
		}
	}
	return converted, nil
}

func toV2(q question) (any, error) {
	converted := object{}
	for name, usePreferredTags := range map[string]bool{"preferred": true, "deprecated": false} {
		// Decoded again for each conversion, which may change its argument.
		var event events.Envelope
		if err := proto.Unmarshal(q.Bytes, &event); err != nil {
			return nil, err
		}
		written, err := asJSON(conversion.ToV2(&event, usePreferredTags))
		if err != nil {
			return nil, err
		}
		converted[name] = written
	}
	return converted, nil
}

func marshalSyslog(q question) (any, error) {
	return q.Message.message().MarshalBinary()
}

func unmarshalSyslog(q question) (any, error) {
	var message rfc5424.Message
	if err := message.UnmarshalBinary(q.Bytes); err != nil {
		return nil, err
	}
	return fromMessage(message), nil
}

func writeFrame(q question) (any, error) {
	var stream bytes.Buffer
	_, err := q.Message.message().WriteTo(&stream)
	return stream.Bytes(), err
}

// readFrames reads messages up to the stream's end, or up to the first malformed one.
func readFrames(q question) (any, error) {
	stream := bytes.NewReader(q.Bytes)
	messages := []*syslogMessage{}
	for stream.Len() > 0 {
		var message rfc5424.Message
		if _, err := message.ReadFrom(stream); err != nil {
			return object{"messages": messages, "error": err.Error()}, nil
		}
		messages = append(messages, fromMessage(message))
	}
	return object{"messages": messages, "error": ""}, nil
}

type diodeHistory struct {
	ManyToOne bool
	Size      int
	// s sets the next number, from 0 on, n takes the next.
	History string
}

// runDiode reports the result of each tryNext, nil if there was none, and the reported drops.
func runDiode(q question) (any, error) {
	missed := []int{}
	alerter := diodes.AlertFunc(func(count int) { missed = append(missed, count) })
	var diode diodes.Diode = diodes.NewOneToOne(q.Diode.Size, alerter)
	if q.Diode.ManyToOne {
		diode = diodes.NewManyToOne(q.Diode.Size, alerter)
	}
	set := 0
	taken := []object{}
	for _, operation := range q.Diode.History {
		if operation == 's' {
			value := set
			diode.Set(diodes.GenericDataType(unsafe.Pointer(&value)))
			set++
		} else {
			missed = []int{}
			var value any
			if data, ok := diode.TryNext(); ok {
				value = *(*int)(data)
			}
			taken = append(taken, object{"value": value, "missed": missed})
		}
	}
	return taken, nil
}

// gatewayURL returns the URL that the gateway's client requests for an EgressBatchRequest.
func gatewayURL(q question) (any, error) {
	var request loggregator_v2.EgressBatchRequest
	if err := proto.Unmarshal(q.Bytes, &request); err != nil {
		return nil, err
	}
	asked := &askedURL{urls: make(chan string, 1), refused: make(chan error, 1)}
	client := loggregator.NewRLPGatewayClient(
		"https://gateway.example",
		loggregator.WithRLPGatewayHTTPClient(asked),
		loggregator.WithRLPGatewayClientLogger(asked),
		loggregator.WithRLPGatewayErrChan(make(chan error, 1)),
		loggregator.WithRLPGatewayMaxRetries(0),
	)
	client.Stream(context.Background(), &request)
	select {
	case url := <-asked.urls:
		return url, nil
	case err := <-asked.refused:
		return nil, err
	}
}

// askedURL records the requested URL, as the HTTP client and the logger of a client without a
// server.
type askedURL struct {
	urls    chan string
	refused chan error
}

func (a *askedURL) Do(request *http.Request) (*http.Response, error) {
	a.urls <- request.URL.String()
	return nil, errors.New("no answer")
}

func (a *askedURL) Printf(string, ...any) {}

// Panicf is called in the client's own goroutine, where a panic would end the program.
func (a *askedURL) Panicf(format string, values ...any) {
	a.refused <- fmt.Errorf(format, values...)
	runtime.Goexit()
}

// The log lines of go-diodes about collisions are not needed.
func init() {
	log.SetOutput(io.Discard)
}
