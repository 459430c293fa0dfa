// Command peer runs the benchmarks with go-loggregator and related modules: peer <bench> <seconds>.
// It measures as bench/measure.ts does, and prints the measurement as JSON. The surroundings, see
// below, are passed in the environment. "peer serve" runs the servers.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// subject is the work of one benchmark.
type subject struct {
	// work runs until the deadline, and returns the number of items.
	work func(until time.Time) int
	// finish completes pending work, within the measured time; may be nil.
	finish func()
}

var benches = map[string]func() subject{
	"emit":              emit,
	"egress":            egress,
	"gateway":           gateway,
	"encode":            encode,
	"decode":            decode,
	"json":              parseJSON,
	"diode":             diode,
	"diode-many-to-one": diodeManyToOne,
	"conversion":        convert,
	"rfc5424":           syslog,
	"v1":                emitV1,
}

// surroundings are the addresses of the servers and the certificates.
var surroundings struct {
	CAPath, CertPath, KeyPath    string
	Ingress, Egress, Gateway, V1 string
	ServerPid                    int
}

func main() {
	if text := os.Getenv("BENCH_SURROUNDINGS"); text != "" {
		must(json.Unmarshal([]byte(text), &surroundings))
	}
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		serve()
		return
	}
	if len(os.Args) != 3 || benches[os.Args[1]] == nil {
		fail(fmt.Errorf("expected a bench and its seconds, got %q", os.Args[1:]))
	}
	seconds, err := strconv.ParseFloat(os.Args[2], 64)
	must(err)
	measured := time.Duration(seconds * float64(time.Second))
	// A server that has ended must not keep the process running.
	time.AfterFunc(2*measured+30*time.Second, func() { fail(fmt.Errorf("out of time")) })

	subject := benches[os.Args[1]]()
	// The warm-up: connections grow their windows, and the garbage collector adapts.
	subject.work(time.Now().Add(min(time.Second, measured)))

	serverBefore := cpuSecondsOf(surroundings.ServerPid)
	cpuBefore := cpuTime()
	begin := time.Now()
	items := subject.work(begin.Add(measured))
	if subject.finish != nil {
		subject.finish()
	}
	elapsed := time.Since(begin)
	cpu := cpuTime() - cpuBefore
	serverCpu := cpuSecondsOf(surroundings.ServerPid) - serverBefore

	must(json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"perSecond":        float64(items) / elapsed.Seconds(),
		"cpuMicrosPerItem": float64(cpu) / float64(time.Microsecond) / float64(items),
		"maxRssMiB":        maxRSS() / (1 << 20),
		"serverCores":      serverCpu / elapsed.Seconds(),
	}))
}

// repeat does a unit of work repeatedly until the time is over.
func repeat(itemsAtOnce int, once func()) subject {
	return subject{work: func(until time.Time) int {
		items := 0
		for {
			once()
			items += itemsAtOnce
			if !time.Now().Before(until) {
				return items
			}
		}
	}}
}

var kept int

// keep uses a result, so that its computation is not optimized away.
func keep(value int) { kept += value }

func must(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
