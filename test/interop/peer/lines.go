package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// object is one line.
type object = map[string]any

var stdout sync.Mutex

// write writes one line atomically.
func write(line any) {
	bytes, err := json.Marshal(line)
	must(err)
	stdout.Lock()
	defer stdout.Unlock()
	_, err = os.Stdout.Write(append(bytes, '\n'))
	must(err)
}

// eachLine calls do with each line of stdin, decoded from JSON.
func eachLine[T any](do func(T)) {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		must(err)
		var value T
		must(json.Unmarshal(line, &value))
		do(value)
	}
}

// asJSON returns a message as protojson, for a line. Required fields may be missing.
func asJSON(message proto.Message) (json.RawMessage, error) {
	return protojson.MarshalOptions{AllowPartial: true}.Marshal(message)
}

// mustJSON is asJSON for a message that was received, which can always be written.
func mustJSON(message proto.Message) json.RawMessage {
	bytes, err := asJSON(message)
	must(err)
	return bytes
}
