package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/http2"
)

// window is the number of bytes that a client may send before the server has read them.
const window = 8 << 20

// pourOnce is the approximate size of one write to a reader, in bytes.
const pourOnce = 1 << 20

// serve runs the servers of the benchmarks: they decode no messages, so that only the subject is
// measured. It reads a batch and an event, as JSON with base64, from its input, prints its
// addresses, and ends when its input ends.
func serve() {
	var given struct {
		Batch, Event []byte
		// LatenciesMs are the delays of the acknowledging servers' answers, with a server for each.
		LatenciesMs []int
	}
	input := json.NewDecoder(os.Stdin)
	must(input.Decode(&given))

	certificate, err := tls.LoadX509KeyPair(surroundings.CertPath, surroundings.KeyPath)
	must(err)
	ca, err := os.ReadFile(surroundings.CAPath)
	must(err)
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(ca)
	mutual := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    authorities,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}

	message := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(given.Batch)))
	message = append(message, given.Batch...)
	messages := repeated(message)

	acknowledging := map[string]string{}
	for _, latency := range given.LatenciesMs {
		acknowledging[strconv.Itoa(latency)] = grpc(mutual, acknowledge(time.Duration(latency)*time.Millisecond))
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"ingress":       grpc(mutual, sink),
		"acknowledging": acknowledging,
		"egress":        grpc(mutual, pour("application/grpc", messages)),
		"gateway":       "http://" + plain(pour("text/event-stream", repeated(given.Event))),
		"tlsSink":       raw(mutual, func(conn net.Conn) { drain(conn) }),
		"tlsSource":     raw(mutual, func(conn net.Conn) { writeForever(conn, messages) }),
		"v1":            udp(),
	}))
	// Ends with the process that started it.
	io.Copy(io.Discard, io.MultiReader(input.Buffered(), os.Stdin))
}

// sink reads a stream to its end, and ends it as an agent does.
func sink(response http.ResponseWriter, request *http.Request) {
	drain(request.Body)
	response.Header().Set("Content-Type", "application/grpc")
	response.Header().Set("Grpc-Status", "2")
	response.Header().Set("Grpc-Message", "EOF")
}

// acknowledge answers each unary call after a time.
func acknowledge(latency time.Duration) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		drain(request.Body)
		if latency > 0 {
			time.Sleep(latency)
		}
		response.Header().Set("Content-Type", "application/grpc")
		response.Write(make([]byte, 5))
		response.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	}
}

// pour writes the same bytes repeatedly until the connection is closed.
func pour(contentType string, bytes []byte) http.HandlerFunc {
	return func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", contentType)
		writeForever(response, bytes)
	}
}

func writeForever(to io.Writer, bytes []byte) {
	for {
		if _, err := to.Write(bytes); err != nil {
			return
		}
	}
}

func drain(from io.Reader) {
	// Larger than the buffer of io.Discard.
	buffer := make([]byte, 256<<10)
	for {
		if _, err := from.Read(buffer); err != nil {
			return
		}
	}
}

func repeated(message []byte) []byte {
	return bytes.Repeat(message, max(1, pourOnce/len(message)))
}

func grpc(config *tls.Config, handler http.HandlerFunc) string {
	config = config.Clone()
	config.NextProtos = []string{"h2"}
	server := &http.Server{Handler: handler, TLSConfig: config}
	must(http2.ConfigureServer(server, &http2.Server{
		MaxUploadBufferPerConnection: window,
		MaxUploadBufferPerStream:     window,
		MaxReadFrameSize:             1 << 20,
	}))
	listener, address := listen()
	go server.ServeTLS(listener, "", "")
	return address
}

func plain(handler http.HandlerFunc) string {
	listener, address := listen()
	go http.Serve(listener, handler)
	return address
}

func raw(config *tls.Config, handle func(net.Conn)) string {
	listener, address := listen()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(tls.Server(conn, config))
			}()
		}
	}()
	return address
}

func listen() (net.Listener, string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	return listener, fmt.Sprint(listener.Addr())
}

// udp reads datagrams.
func udp() string {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(err)
	conn.SetReadBuffer(window)
	go drain(conn)
	return fmt.Sprint(conn.LocalAddr())
}
