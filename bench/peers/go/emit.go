package main

import (
	"fmt"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/v1"
	"github.com/cloudfoundry/dropsonde"
	"github.com/cloudfoundry/dropsonde/emitter"
)

// emit passes log lines to the client, which blocks if the transport does not keep up. All of them
// count, so the measured time ends when the server has received the last one.
func emit() subject {
	tls, err := loggregator.NewIngressTLSConfig(
		surroundings.CAPath, surroundings.CertPath, surroundings.KeyPath)
	must(err)
	client, err := loggregator.NewIngressClient(tls,
		loggregator.WithAddr(surroundings.Ingress), loggregator.WithLogger(strict{}))
	must(err)
	options := []loggregator.EmitLogOption{
		// Not WithSourceInfo: it adds a third tag, which the other subjects do not send.
		loggregator.EmitLogOption(loggregator.WithGaugeSourceInfo(sourceID, instanceID)),
		loggregator.WithEnvelopeTags(emitTags),
		loggregator.WithStdout(),
	}
	emitting := repeat(batchSize, func() {
		for range batchSize {
			client.EmitLog(line, options...)
		}
	})
	emitting.finish = func() { must(client.CloseSend()) }
	return emitting
}

// emitV1 passes log lines to the system as v1 datagrams.
func emitV1() subject {
	udp, err := emitter.NewUdpEmitter(surroundings.V1)
	must(err)
	// Not dropsonde.Initialize, which would send metrics of this process as well.
	dropsonde.DefaultEmitter = emitter.NewEventEmitter(udp, "bench")
	client, err := v1.NewClient(v1.WithLogger(strict{}))
	must(err)
	options := []loggregator.EmitLogOption{
		loggregator.WithSourceInfo(sourceID, "APP", instanceID),
		loggregator.WithStdout(),
	}
	return repeat(batchSize, func() {
		for range batchSize {
			client.EmitLog(line, options...)
		}
	})
}

// strict is a logger for clients that log only lost envelopes, which must not be counted.
type strict struct{}

func (strict) Printf(format string, arguments ...any) { fail(fmt.Errorf(format, arguments...)) }
func (strict) Panicf(format string, arguments ...any) { fail(fmt.Errorf(format, arguments...)) }

var _ loggregator.Logger = strict{}
