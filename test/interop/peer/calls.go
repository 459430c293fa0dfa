package main

import (
	"context"
	"strconv"
	"time"

	"code.cloudfoundry.org/go-loggregator/v10"
)

// call is a call of a client with its arguments.
type call struct {
	Call    string
	Message []byte
	Name    string
	Metrics []struct{ Name, Value, Unit string }
	Start   int64 `json:",string"`
	Stop    int64 `json:",string"`
	Title   string
	Body    string
	Options struct {
		SourceID   *string
		InstanceID string
		SourceType string
		Stdout     bool
		Tags       map[string]string
		Delta      *string
		Total      *string
	}
	// An EnvelopeBatch, for calls of gRPC itself.
	Batch []byte
}

// anyClient is what v1 and v2 clients share.
type anyClient interface {
	EmitLog(string, ...loggregator.EmitLogOption)
	EmitCounter(string, ...loggregator.EmitCounterOption)
	EmitGauge(...loggregator.EmitGaugeOption)
}

// emit makes a call that both kinds of client have, and returns whether they do.
func (c call) emit(client anyClient) bool {
	switch c.Call {
	case "emitLog":
		options := []loggregator.EmitLogOption{loggregator.WithEnvelopeTags(c.Options.Tags)}
		if c.Options.SourceID != nil {
			options = append(options, loggregator.WithSourceInfo(*c.Options.SourceID, c.Options.SourceType, c.Options.InstanceID))
		}
		if c.Options.Stdout {
			options = append(options, loggregator.WithStdout())
		}
		client.EmitLog(string(c.Message), options...)
	case "emitCounter":
		options := []loggregator.EmitCounterOption{loggregator.WithEnvelopeTags(c.Options.Tags)}
		if c.Options.SourceID != nil {
			options = append(options, loggregator.WithCounterSourceInfo(*c.Options.SourceID, c.Options.InstanceID))
		}
		if c.Options.Delta != nil {
			options = append(options, loggregator.WithDelta(parseUint(*c.Options.Delta)))
		}
		if c.Options.Total != nil {
			options = append(options, loggregator.WithTotal(parseUint(*c.Options.Total)))
		}
		client.EmitCounter(c.Name, options...)
	case "emitGauge":
		options := []loggregator.EmitGaugeOption{loggregator.WithEnvelopeTags(c.Options.Tags)}
		if c.Options.SourceID != nil {
			options = append(options, loggregator.WithGaugeSourceInfo(*c.Options.SourceID, c.Options.InstanceID))
		}
		for _, metric := range c.Metrics {
			value, err := strconv.ParseFloat(metric.Value, 64)
			must(err)
			options = append(options, loggregator.WithGaugeValue(metric.Name, value, metric.Unit))
		}
		client.EmitGauge(options...)
	default:
		return false
	}
	return true
}

// emitV2 makes a call that only v2 clients have.
func (c call) emitV2(client *loggregator.IngressClient) error {
	if c.emit(client) {
		return nil
	}
	tags := loggregator.WithEnvelopeTags(c.Options.Tags)
	if c.Call == "emitTimer" {
		options := []loggregator.EmitTimerOption{tags}
		if c.Options.SourceID != nil {
			options = append(options, loggregator.WithTimerSourceInfo(*c.Options.SourceID, c.Options.InstanceID))
		}
		client.EmitTimer(c.Name, time.Unix(0, c.Start), time.Unix(0, c.Stop), options...)
		return nil
	}
	options := []loggregator.EmitEventOption{tags}
	if c.Options.SourceID != nil {
		options = append(options, loggregator.WithEventSourceInfo(*c.Options.SourceID, c.Options.InstanceID))
	}
	return client.EmitEvent(context.Background(), c.Title, c.Body, options...)
}

func parseUint(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	must(err)
	return value
}
