package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	logcache "code.cloudfoundry.org/go-log-cache/v3"
	"code.cloudfoundry.org/go-log-cache/v3/rpc/logcache_v1"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"code.cloudfoundry.org/tlsconfig"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

// logCacheClient is Go's client of log-cache: over gRPC if there are certificates, else over HTTP.
// It makes the calls that it reads, and writes their results.
func logCacheClient() {
	client := logcache.NewClient(*address, logCacheTransport())
	eachLine(func(call logCacheCall) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		result, err := call.run(ctx, client)
		if err != nil {
			write(object{"error": err.Error()})
		} else {
			write(object{"result": result})
		}
	})
}

func logCacheTransport() logcache.ClientOption {
	if *caPath == "" {
		return logcache.WithHTTPClient(logCacheHTTPClient())
	}
	config, err := tlsconfig.Build(
		tlsconfig.WithInternalServiceDefaults(),
		tlsconfig.WithIdentityFromFile(*cert, *key),
	).Client(
		tlsconfig.WithAuthorityFromFile(*caPath),
		tlsconfig.WithServerName("log-cache"),
	)
	must(err)
	return logcache.WithViaGRPC(
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(50*1024*1024)),
	)
}

func logCacheHTTPClient() logcache.HTTPClient {
	plain := &http.Client{Timeout: 5 * time.Second}
	switch {
	case *uaa == "":
		return plain
	case strings.Contains(*user, ":"):
		name, password, _ := strings.Cut(*user, ":")
		return logcache.NewOauth2HTTPClient(*uaa, "cf", "", logcache.WithOauth2HTTPClient(plain),
			logcache.WithOauth2HTTPUser(name, password))
	default:
		return logcache.NewOauth2HTTPClient(*uaa, "client", "secret", logcache.WithOauth2HTTPClient(plain))
	}
}

// logCacheCall is a call of a method of the client. Times are UNIX nanoseconds.
type logCacheCall struct {
	Method     string
	SourceID   string
	Start      int64 `json:",string"`
	End        int64 `json:",string"`
	Limit      int
	Types      []logcache_v1.EnvelopeType
	Descending bool
	NameFilter string
	Query      string
	Step       string
}

func (c logCacheCall) run(ctx context.Context, client *logcache.Client) (any, error) {
	switch c.Method {
	case "read":
		envelopes, err := client.Read(ctx, c.SourceID, time.Unix(0, c.Start), c.readOptions()...)
		return batchJSON(envelopes), err
	case "meta":
		meta, err := client.Meta(ctx)
		return eachJSON(meta), err
	case "version":
		version, err := client.LogCacheVersion(ctx)
		return version.String(), err
	case "uptime":
		return client.LogCacheVMUptime(ctx)
	case "promql":
		result, err := client.PromQL(ctx, c.Query, c.queryOptions()...)
		return protoResult(result, err)
	case "promqlRange":
		result, err := client.PromQLRange(ctx, c.Query, c.queryOptions()...)
		return protoResult(result, err)
	case "promqlRaw":
		return client.PromQLRaw(ctx, c.Query, c.queryOptions()...)
	case "promqlRangeRaw":
		return client.PromQLRangeRaw(ctx, c.Query, c.queryOptions()...)
	case "walk":
		return c.walk(ctx, client), nil
	case "window":
		return c.window(ctx, client), nil
	default:
		return nil, fmt.Errorf("unknown method %q", c.Method)
	}
}

func (c logCacheCall) readOptions() []logcache.ReadOption {
	var options []logcache.ReadOption
	if c.End != 0 {
		options = append(options, logcache.WithEndTime(time.Unix(0, c.End)))
	}
	if c.Limit != 0 {
		options = append(options, logcache.WithLimit(c.Limit))
	}
	if len(c.Types) > 0 {
		options = append(options, logcache.WithEnvelopeTypes(c.Types...))
	}
	if c.Descending {
		options = append(options, logcache.WithDescending())
	}
	if c.NameFilter != "" {
		options = append(options, logcache.WithNameFilter(c.NameFilter))
	}
	return options
}

func (c logCacheCall) queryOptions() []logcache.PromQLOption {
	if c.Step == "" {
		return []logcache.PromQLOption{logcache.WithPromQLTime(time.Unix(0, c.Start))}
	}
	return []logcache.PromQLOption{
		logcache.WithPromQLStart(time.Unix(0, c.Start)),
		logcache.WithPromQLEnd(time.Unix(0, c.End)),
		logcache.WithPromQLStep(c.Step),
	}
}

// walk reads from the start up to the end.
func (c logCacheCall) walk(ctx context.Context, client *logcache.Client) any {
	var all []*loggregator_v2.Envelope
	logcache.Walk(ctx, c.SourceID, func(envelopes []*loggregator_v2.Envelope) bool {
		all = append(all, envelopes...)
		return true
	}, client.Read,
		logcache.WithWalkStartTime(time.Unix(0, c.Start)),
		logcache.WithWalkEndTime(time.Unix(0, c.End)),
		logcache.WithWalkLimit(c.Limit),
		logcache.WithWalkBackoff(logcache.NewRetryBackoff(10*time.Millisecond, 3)),
	)
	return batchJSON(all)
}

// window reads the first window that has envelopes.
func (c logCacheCall) window(ctx context.Context, client *logcache.Client) any {
	var found []*loggregator_v2.Envelope
	logcache.Window(ctx, func(envelopes []*loggregator_v2.Envelope) bool {
		found = envelopes
		return len(envelopes) == 0
	}, logcache.BuildWalker(c.SourceID, client.Read),
		logcache.WithWindowStartTime(time.Unix(0, c.Start)),
		logcache.WithWindowWidth(time.Duration(c.End-c.Start)),
		logcache.WithWindowInterval(10*time.Millisecond),
	)
	return batchJSON(found)
}

func batchJSON(envelopes []*loggregator_v2.Envelope) any {
	return mustJSON(&loggregator_v2.EnvelopeBatch{Batch: envelopes})
}

func eachJSON[T proto.Message](messages map[string]T) any {
	all := object{}
	for name, message := range messages {
		all[name] = mustJSON(message)
	}
	return all
}

func protoResult(result proto.Message, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return mustJSON(result), nil
}
