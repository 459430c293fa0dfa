package main

import (
	"net"

	"code.cloudfoundry.org/go-loggregator/v10/v1"
	"github.com/cloudfoundry/dropsonde"
	"github.com/cloudfoundry/dropsonde/emitter"
	"github.com/cloudfoundry/sonde-go/events"
	"google.golang.org/protobuf/proto"
)

// v1Emitter makes the given calls on a client that sends to the address.
func v1Emitter() {
	udp, err := emitter.NewUdpEmitter(*address)
	must(err)
	// Not dropsonde.Initialize, which would send metrics of this process as well.
	dropsonde.DefaultEmitter = emitter.NewEventEmitter(udp, *origin)
	options := []v1.ClientOption{}
	for name, value := range clientTags() {
		options = append(options, v1.WithTag(name, value))
	}
	client, err := v1.NewClient(options...)
	must(err)
	eachLine(func(c call) { c.emit(client) })
}

// v1Receiver reports the envelope of each datagram, or the error.
func v1Receiver() {
	socket, err := net.ListenPacket("udp4", *address)
	must(err)
	go func() {
		buffer := make([]byte, 65_535)
		for {
			length, _, err := socket.ReadFrom(buffer)
			must(err)
			var event events.Envelope
			if err := proto.Unmarshal(buffer[:length], &event); err != nil {
				write(object{"dropped": err.Error()})
			} else {
				write(object{"event": mustJSON(&event)})
			}
		}
	}()
	write(object{"address": socket.LocalAddr().String()})
	eachLine(func(object) {})
}
