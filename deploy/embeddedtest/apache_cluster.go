package embeddedtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/deploy/process"
)

// member is a broker's place in its cluster.
type member struct {
	node, of int
	// The id of the cluster.
	cluster string
	// The controllers, in the form of the setting.
	voters string
}

// newMembers makes one cluster of brokers whose ports are known.
func newMembers(cfgs []*ApacheConfig) ([]member, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	// Kafka refuses a cluster id that begins with a dash.
	id[0] &= 0x7f
	voters := make([]string, len(cfgs))
	members := make([]member, len(cfgs))
	for i, cfg := range cfgs {
		voters[i] = fmt.Sprintf("%d@%s", i+1, process.Loopback(cfg.controllerPort))
	}
	for i := range members {
		members[i] = member{node: i + 1, of: len(cfgs), cluster: base64.RawURLEncoding.EncodeToString(id[:]), voters: strings.Join(voters, ",")}
	}
	return members, nil
}

// StartApacheCluster starts brokers that form one cluster. Node n is the n-th configuration. Every topic of the
// brokers' own has a replica on each, and all but one of them must have what is acknowledged. It returns when all
// are members, or none runs.
func StartApacheCluster(ctx context.Context, cfgs ...ApacheConfig) ([]*Apache, error) {
	var own []*ApacheConfig
	for i := range cfgs {
		cfg := cfgs[i]
		if err := errors.Join(cfg.Validate(), cfg.setDefaults(ctx)); err != nil {
			return nil, err
		}
		own = append(own, &cfg)
	}
	members, err := newMembers(own)
	if err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	brokers := make([]*Apache, len(own))
	// A node is ready only with a majority of the others.
	g, gctx := errgroup.WithContext(ctx)
	for i, cfg := range own {
		cfg.member = members[i]
		g.Go(func() error {
			var err error
			brokers[i], err = startApache(gctx, *cfg)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		for _, b := range brokers {
			if b != nil {
				err = errors.Join(err, b.Kill())
			}
		}
		return nil, err
	}
	return brokers, nil
}
