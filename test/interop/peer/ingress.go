package main

import (
	"context"
	"fmt"
	"io"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// ingressServer is an agent that reports received envelopes and the ends of streams.
func ingressServer() {
	serve(func(server *grpc.Server) {
		loggregator_v2.RegisterIngressServer(server, agent{})
	})
	eachLine(func(object) {})
}

type agent struct {
	loggregator_v2.UnimplementedIngressServer
}

func (agent) Send(_ context.Context, batch *loggregator_v2.EnvelopeBatch) (*loggregator_v2.SendResponse, error) {
	write(object{"call": "Send", "batch": mustJSON(batch)})
	return &loggregator_v2.SendResponse{}, nil
}

func (agent) BatchSender(stream loggregator_v2.Ingress_BatchSenderServer) error {
	for {
		batch, err := stream.Recv()
		if err != nil {
			return ended("BatchSender", err)
		}
		write(object{"call": "BatchSender", "batch": mustJSON(batch)})
	}
}

func (agent) Sender(stream loggregator_v2.Ingress_SenderServer) error {
	for {
		envelope, err := stream.Recv()
		if err != nil {
			return ended("Sender", err)
		}
		batch := &loggregator_v2.EnvelopeBatch{Batch: []*loggregator_v2.Envelope{envelope}}
		write(object{"call": "Sender", "batch": mustJSON(batch)})
	}
}

// ended returns the result of the real server: the error of its last read, which is EOF on success.
func ended(call string, err error) error {
	write(object{"call": call, "ended": err.Error()})
	return err
}

// ingressClient makes the given calls, and reports the results of those that have one.
func ingressClient() {
	options := []loggregator.IngressOption{loggregator.WithAddr(*address)}
	for name, value := range clientTags() {
		options = append(options, loggregator.WithTag(name, value))
	}
	client, err := loggregator.NewIngressClient(ingressTLS(), options...)
	must(err)
	calls := loggregator_v2.NewIngressClient(dial(ingressTLS()))

	eachLine(func(c call) {
		var batch loggregator_v2.EnvelopeBatch
		must(proto.Unmarshal(c.Batch, &batch))
		var err error
		switch c.Call {
		case "emit":
			for _, envelope := range batch.Batch {
				client.Emit(envelope)
			}
			return
		case "closeSend":
			err = client.CloseSend()
		case "Send":
			_, err = calls.Send(context.Background(), &batch)
		case "Sender":
			err = sendEach(calls, batch.Batch)
		default:
			err = c.emitV2(client)
		}
		result := ""
		if err != nil {
			result = fmt.Sprint(err)
		}
		write(object{"call": c.Call, "error": result})
	})
}

func sendEach(calls loggregator_v2.IngressClient, envelopes []*loggregator_v2.Envelope) error {
	stream, err := calls.Sender(context.Background())
	if err != nil {
		return err
	}
	for _, envelope := range envelopes {
		// If it fails, CloseAndRecv returns the reason.
		if err := stream.Send(envelope); err == io.EOF {
			break
		}
	}
	_, err = stream.CloseAndRecv()
	return err
}
