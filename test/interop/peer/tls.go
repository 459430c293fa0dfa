package main

import (
	"crypto/tls"
	"net"
	"time"

	"code.cloudfoundry.org/go-loggregator/v10"
	"code.cloudfoundry.org/tlsconfig"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

func ingressTLS() *tls.Config {
	config, err := loggregator.NewIngressTLSConfig(*caPath, *cert, *key)
	must(err)
	return config
}

func egressTLS() *tls.Config {
	config, err := loggregator.NewEgressTLSConfig(*caPath, *cert, *key)
	must(err)
	return config
}

// serve runs a server with mutual TLS, as Loggregator's components configure it, and reports its
// address.
func serve(register func(*grpc.Server)) {
	config, err := tlsconfig.Build(
		tlsconfig.WithInternalServiceDefaults(),
		tlsconfig.WithIdentityFromFile(*cert, *key),
	).Server(tlsconfig.WithClientAuthenticationFromFile(*caPath))
	must(err)
	listener, err := net.Listen("tcp", *address)
	must(err)
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(config)),
		// As in the agent and the router.
		grpc.MaxRecvMsgSize(10<<20),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime:             10 * time.Second,
			PermitWithoutStream: true,
		}),
	)
	register(server)
	go func() { must(server.Serve(listener)) }()
	write(object{"address": listener.Addr().String()})
}

func dial(config *tls.Config) *grpc.ClientConn {
	connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	must(err)
	return connection
}
