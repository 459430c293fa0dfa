// Command peer is the Go side of the interop tests: go-loggregator and related modules. It reads
// commands as JSON lines from stdin, and reports results as JSON lines on stdout. It ends when its
// stdin ends.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

var roles = map[string]func(){
	"oracle":           oracle,
	"ingress-server":   ingressServer,
	"ingress-client":   ingressClient,
	"egress-server":    egressServer,
	"egress-reader":    egressReader,
	"gateway":          gateway,
	"gateway-reader":   gatewayReader,
	"log-cache-client": logCacheClient,
	"log-cache-walker": logCacheWalker,
	"otlp-relay":       otlpRelay,
	"v1-emitter":       v1Emitter,
	"v1-receiver":      v1Receiver,
}

// The command-line arguments of the roles; each role uses some of them.
var (
	address = flag.String("address", "127.0.0.1:0", "address to listen on, or to connect to")
	caPath  = flag.String("ca", "", "path of the authority's certificate")
	cert    = flag.String("cert", "", "path of the certificate")
	key     = flag.String("key", "", "path of its key")
	tags    = flag.String("tags", "{}", "a client's tags, as JSON")
	origin  = flag.String("origin", "", "a v1 client's origin")
	request = flag.String("request", "{}", "a reader's request, as protojson")
	single  = flag.Bool("single", false, "read single envelopes, with the call Receiver")
	uaa     = flag.String("uaa", "", "URL of the UAA that a client of log-cache gets its token from")
	user    = flag.String("user", "", "its user, NAME:PASSWORD; default: it signs in as a client")
	token   = flag.String("token", "", "the token that the gateway requires, or that its reader sends")
)

func main() {
	if len(os.Args) < 2 || roles[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peer <role> [flags], see main.go")
		os.Exit(2)
	}
	// Otherwise timestamps would be read in the time zone of the machine if their offsets agree.
	time.Local = time.UTC
	must(flag.CommandLine.Parse(os.Args[2:]))
	roles[os.Args[1]]()
}

func clientTags() map[string]string {
	tagsByName := map[string]string{}
	must(json.Unmarshal([]byte(*tags), &tagsByName))
	return tagsByName
}

// must ends the program if an input of the tests is invalid.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
