package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"google.golang.org/protobuf/encoding/protojson"
)

// gateway is an RLP gateway that reports requests, and sends the given events.
func gateway() {
	g := &rlpGateway{}
	listener, err := net.Listen("tcp", *address)
	must(err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: g}}
	server.Start()
	write(object{"address": listener.Addr().String()})
	g.run()
}

type rlpGateway struct {
	streams
}

func (g *rlpGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refusal := refuse(r); refusal != nil {
		write(object{"query": r.URL.RawQuery, "refused": refusal.error})
		body := fmt.Sprintf(`{"message":%q,"error":%q}`, refusal.message, refusal.error)
		http.Error(w, body, refusal.status)
		return
	}
	number, commands := g.begin(object{"query": r.URL.RawQuery, "headers": r.Header})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	flusher := w.(http.Flusher)
	flusher.Flush()
	for {
		select {
		case <-r.Context().Done():
			write(object{"stream": number, "ended": r.Context().Err().Error()})
			return
		case c := <-commands:
			switch c.Status {
			case "heartbeat":
				fmt.Fprintf(w, "event: heartbeat\ndata: %d\n\n", time.Now().Unix())
			case "closing":
				fmt.Fprint(w, "event: closing\ndata: closing due to stream timeout\n\n")
				return
			case "cut":
				panic(http.ErrAbortHandler)
			default:
				written, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(c.batch())
				must(err)
				fmt.Fprintf(w, "data: %s\n\n", written)
			}
			flusher.Flush()
		}
	}
}

type refusal struct {
	status         int
	error, message string
}

// refuse returns the real gateway's refusal of a request that it does not serve.
func refuse(r *http.Request) *refusal {
	query := r.URL.Query()
	types := 0
	for _, name := range []string{"log", "counter", "gauge", "timer", "event", "counter.name", "gauge.name"} {
		types += len(query[name])
	}
	switch {
	case strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "bearer")) != *token, r.URL.Path != "/v2/read":
		return &refusal{http.StatusNotFound, "not_found", "resource not found"}
	case r.Method != http.MethodGet:
		return &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "method not allowed"}
	case len(query) == 0:
		return &refusal{http.StatusBadRequest, "empty_query", "query cannot be empty"}
	case types == 0:
		return &refusal{http.StatusBadRequest, "missing_envelope_type", "query must provide at least one envelope type"}
	}
	return nil
}

// gatewayReader reads the envelopes of its request, and reports them.
func gatewayReader() {
	var wanted loggregator_v2.EgressBatchRequest
	must(protojson.Unmarshal([]byte(*request), &wanted))
	given := make(chan error, 1)
	client := loggregator.NewRLPGatewayClient(
		*address,
		loggregator.WithRLPGatewayHTTPClient(authorized{}),
		loggregator.WithRLPGatewayErrChan(given),
	)
	go writeBatches(client.Stream(context.Background(), &wanted))
	go func() { write(object{"ended": (<-given).Error()}) }()
	eachLine(func(object) {})
}

// authorized makes requests with the token.
type authorized struct{}

func (authorized) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "bearer "+*token)
	return http.DefaultClient.Do(r)
}
