package main

import (
	"sync"

	"code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2"
	"google.golang.org/protobuf/proto"
)

// command is a command for one of a server's streams, which are numbered from 0.
type command struct {
	Stream int
	// An EnvelopeBatch to send.
	Batch []byte
	// The action instead: "end" with the code and the message; of a gateway, "heartbeat", "closing"
	// or "cut".
	Status  string
	Code    uint32
	Message string
}

func (c command) batch() *loggregator_v2.EnvelopeBatch {
	var batch loggregator_v2.EnvelopeBatch
	must(proto.Unmarshal(c.Batch, &batch))
	return &batch
}

// streams passes commands to the open streams.
type streams struct {
	sync.Mutex
	open []chan command
}

// begin numbers a stream and reports it.
func (s *streams) begin(request object) (int, <-chan command) {
	s.Lock()
	defer s.Unlock()
	commands := make(chan command, 1000)
	number := len(s.open)
	s.open = append(s.open, commands)
	request["stream"] = number
	write(request)
	return number, commands
}

// run passes on commands until stdin ends.
func (s *streams) run() {
	eachLine(func(c command) {
		s.Lock()
		defer s.Unlock()
		s.open[c.Stream] <- c
	})
}
