package main

import (
	"context"
	"time"

	logcache "code.cloudfoundry.org/go-log-cache/v3"
	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
)

// logCacheWalker follows a source with the delay and the backoff of the cf command, and writes the lines
// that it visits.
func logCacheWalker() {
	client := logcache.NewClient(*address, logCacheTransport())
	eachLine(func(call logCacheCall) {
		go logcache.Walk(context.Background(), call.SourceID, func(envelopes []*loggregator_v2.Envelope) bool {
			lines := make([]string, 0, len(envelopes))
			for _, envelope := range envelopes {
				lines = append(lines, string(envelope.GetLog().GetPayload()))
			}
			write(object{"lines": lines})
			return true
		}, client.Read,
			logcache.WithWalkStartTime(time.Unix(0, call.Start)),
			logcache.WithWalkLimit(1000),
			logcache.WithWalkDelay(2*time.Second),
			logcache.WithWalkBackoff(logcache.NewAlwaysRetryBackoff(250*time.Millisecond)),
		)
	})
}
