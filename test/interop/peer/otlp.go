package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
)

// otlpRelay is the OTLP receiver of the OpenTelemetry Collector. It encodes what it has decoded
// again, and sends it to a target, whose answer it returns.
func otlpRelay() {
	relay := &relay{}
	config := otlpreceiver.NewFactory().CreateDefaultConfig().(*otlpreceiver.Config)
	grpcAddress, httpAddress := freeAddress(), freeAddress()
	config.Protocols.GRPC.GetOrInsertDefault().NetAddr.Endpoint = grpcAddress
	config.Protocols.HTTP.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = httpAddress
	relay.start(config)
	write(object{"grpc": grpcAddress, "http": httpAddress})
	eachLine(func(to relayTarget) {
		relay.set(to)
		write(object{"target": to.Address})
	})
}

// freeAddress returns an address on which no server listens: the receiver does not report its own.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	return listener.Addr().String()
}

// relayTarget is the address to which a relay sends, and the protocol: grpc, http/protobuf or
// http/json.
type relayTarget struct {
	Address, Protocol string
	Gzip              bool
}

type relay struct {
	mutex      sync.Mutex
	target     relayTarget
	connection *grpc.ClientConn
}

func (r *relay) set(target relayTarget) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.target = target
	connection, err := grpc.NewClient(target.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	r.connection = connection
}

func (r *relay) to() (relayTarget, *grpc.ClientConn, []grpc.CallOption) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var options []grpc.CallOption
	if r.target.Gzip {
		options = append(options, grpc.UseCompressor(grpcgzip.Name))
	}
	return r.target, r.connection, options
}

func (r *relay) start(config *otlpreceiver.Config) {
	ctx := context.Background()
	factory := otlpreceiver.NewFactory()
	settings := receiver.Settings{
		ID:                component.NewID(factory.Type()),
		TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo:         component.NewDefaultBuildInfo(),
	}
	toLogs, err := consumer.NewLogs(r.logs)
	must(err)
	toMetrics, err := consumer.NewMetrics(r.metrics)
	must(err)
	toTraces, err := consumer.NewTraces(r.traces)
	must(err)
	// The three are one receiver.
	shared, err := factory.CreateLogs(ctx, settings, config, toLogs)
	must(err)
	_, err = factory.CreateMetrics(ctx, settings, config, toMetrics)
	must(err)
	_, err = factory.CreateTraces(ctx, settings, config, toTraces)
	must(err)
	must(shared.Start(ctx, componenttest.NewNopHost()))
}

// encoded is a request that can be sent over HTTP.
type encoded interface {
	MarshalProto() ([]byte, error)
	MarshalJSON() ([]byte, error)
}

func (r *relay) logs(ctx context.Context, logs plog.Logs) error {
	write(object{"signal": "logs", "items": logs.LogRecordCount()})
	request := plogotlp.NewExportRequestFromLogs(logs)
	target, connection, options := r.to()
	if target.Protocol != "grpc" {
		return target.post("logs", request)
	}
	_, err := plogotlp.NewGRPCClient(connection).Export(ctx, request, options...)
	return err
}

func (r *relay) metrics(ctx context.Context, metrics pmetric.Metrics) error {
	write(object{"signal": "metrics", "items": metrics.DataPointCount()})
	request := pmetricotlp.NewExportRequestFromMetrics(metrics)
	target, connection, options := r.to()
	if target.Protocol != "grpc" {
		return target.post("metrics", request)
	}
	_, err := pmetricotlp.NewGRPCClient(connection).Export(ctx, request, options...)
	return err
}

func (r *relay) traces(ctx context.Context, traces ptrace.Traces) error {
	write(object{"signal": "traces", "items": traces.SpanCount()})
	request := ptraceotlp.NewExportRequestFromTraces(traces)
	target, connection, options := r.to()
	if target.Protocol != "grpc" {
		return target.post("traces", request)
	}
	_, err := ptraceotlp.NewGRPCClient(connection).Export(ctx, request, options...)
	return err
}

func (t relayTarget) post(signal string, request encoded) error {
	marshal, contentType := request.MarshalProto, "application/x-protobuf"
	if t.Protocol == "http/json" {
		marshal, contentType = request.MarshalJSON, "application/json"
	}
	body, err := marshal()
	if err != nil {
		return err
	}
	if t.Gzip {
		var compressed bytes.Buffer
		writer := gzip.NewWriter(&compressed)
		if _, err := writer.Write(body); err != nil {
			return err
		}
		if err := writer.Close(); err != nil {
			return err
		}
		body = compressed.Bytes()
	}
	post, err := http.NewRequest(http.MethodPost, "http://"+t.Address+"/v1/"+signal, bytes.NewReader(body))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", contentType)
	if t.Gzip {
		post.Header.Set("Content-Encoding", "gzip")
	}
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, answer)
	}
	return nil
}
