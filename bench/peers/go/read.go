package main

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
)

var logs = &loggregator_v2.EgressBatchRequest{
	Selectors: []*loggregator_v2.Selector{
		{Message: &loggregator_v2.Selector_Log{Log: &loggregator_v2.LogSelector{}}},
	},
}

func egress() subject {
	tls, err := loggregator.NewEgressTLSConfig(
		surroundings.CAPath, surroundings.CertPath, surroundings.KeyPath)
	must(err)
	connector := loggregator.NewEnvelopeStreamConnector(surroundings.Egress, tls,
		loggregator.WithEnvelopeStreamLogger(strict{}))
	return reading(connector.Stream(context.Background(), logs))
}

func gateway() subject {
	client := loggregator.NewRLPGatewayClient(surroundings.Gateway,
		loggregator.WithRLPGatewayClientLogger(strict{}))
	return reading(client.Stream(context.Background(), logs))
}

// reading reads every field of a stream's envelopes until the time is over.
func reading(next loggregator.EnvelopeStream) subject {
	return subject{work: func(until time.Time) int {
		items := 0
		for {
			batch := next()
			if batch == nil {
				fail(fmt.Errorf("expected a batch, got the end of the stream"))
			}
			lookAtAll(batch)
			items += len(batch)
			if !time.Now().Before(until) {
				return items
			}
		}
	}}
}
