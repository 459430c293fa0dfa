package main

import (
	"context"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// egressServer is a Reverse Log Proxy that reports requests, and sends the given envelopes.
func egressServer() {
	proxy := &reverseLogProxy{}
	serve(func(server *grpc.Server) {
		loggregator_v2.RegisterEgressServer(server, proxy)
	})
	proxy.run()
}

type reverseLogProxy struct {
	loggregator_v2.UnimplementedEgressServer
	streams
}

func (p *reverseLogProxy) BatchedReceiver(request *loggregator_v2.EgressBatchRequest, stream loggregator_v2.Egress_BatchedReceiverServer) error {
	number, commands := p.begin(object{"call": "BatchedReceiver", "request": mustJSON(request)})
	return send(stream.Context(), number, commands, stream.Send)
}

func (p *reverseLogProxy) Receiver(request *loggregator_v2.EgressRequest, stream loggregator_v2.Egress_ReceiverServer) error {
	number, commands := p.begin(object{"call": "Receiver", "request": mustJSON(request)})
	return send(stream.Context(), number, commands, func(batch *loggregator_v2.EnvelopeBatch) error {
		for _, envelope := range batch.Batch {
			if err := stream.Send(envelope); err != nil {
				return err
			}
		}
		return nil
	})
}

// send executes a stream's commands until one of them or the client ends it.
func send(ctx context.Context, number int, commands <-chan command, send func(*loggregator_v2.EnvelopeBatch) error) error {
	for {
		select {
		case <-ctx.Done():
			write(object{"stream": number, "ended": ctx.Err().Error()})
			return ctx.Err()
		case c := <-commands:
			if c.Status != "" {
				return status.Error(codes.Code(c.Code), c.Message)
			}
			if err := send(c.batch()); err != nil {
				return err
			}
		}
	}
}

// egressReader reads the envelopes of its request, and reports them.
func egressReader() {
	if *single {
		readSingly()
	} else {
		var wanted loggregator_v2.EgressBatchRequest
		must(protojson.Unmarshal([]byte(*request), &wanted))
		connector := loggregator.NewEnvelopeStreamConnector(*address, egressTLS())
		go writeBatches(connector.Stream(context.Background(), &wanted))
	}
	eachLine(func(object) {})
}

func readSingly() {
	var wanted loggregator_v2.EgressRequest
	must(protojson.Unmarshal([]byte(*request), &wanted))
	stream, err := loggregator_v2.NewEgressClient(dial(egressTLS())).Receiver(context.Background(), &wanted)
	must(err)
	go func() {
		for {
			envelope, err := stream.Recv()
			if err != nil {
				write(object{"ended": err.Error()})
				return
			}
			batch := &loggregator_v2.EnvelopeBatch{Batch: []*loggregator_v2.Envelope{envelope}}
			write(object{"batch": mustJSON(batch)})
		}
	}()
}

// writeBatches writes batches until there are no more.
func writeBatches(stream loggregator.EnvelopeStream) {
	for batch := stream(); batch != nil; batch = stream() {
		write(object{"batch": mustJSON(&loggregator_v2.EnvelopeBatch{Batch: batch})})
	}
}
