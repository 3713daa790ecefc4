package embeddedtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// properties is the broker's configuration file. Our settings make one node act quickly; what tests depend on
// beyond that, they set.
func (a *Apache) properties() string {
	settings := map[string]string{
		"process.roles":                    "broker,controller",
		"node.id":                          "1",
		"controller.quorum.voters":         fmt.Sprintf("1@127.0.0.1:%d", a.cfg.controllerPort),
		"controller.listener.names":        "CONTROLLER",
		"inter.broker.listener.name":       "PLAINTEXT",
		"log.dirs":                         a.path("data"),
		"auto.create.topics.enable":        "false",
		"offsets.topic.num.partitions":     "4",
		"group.initial.rebalance.delay.ms": "0",
		// One node holds every replica.
		"offsets.topic.replication.factor":                 "1",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		// A broker that was killed is let in again when its old session ends: 9 s by default.
		"broker.heartbeat.interval.ms": "200",
		"broker.session.timeout.ms":    "1000",
		// An abandoned transaction is aborted when the broker next looks: every 10 s by default.
		"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
	}
	listeners := []string{fmt.Sprintf("PLAINTEXT://127.0.0.1:%d", a.cfg.Port)}
	protocols := []string{"CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT"}
	if a.cfg.Secure {
		listeners = append(listeners, a.cfg.secure.listeners()...)
		protocols = append(protocols, "SASL_PLAINTEXT:SASL_PLAINTEXT", "SSL:SSL", "SASL_SSL:SASL_SSL")
		maps.Copy(settings, a.secureSettings())
	}
	settings["advertised.listeners"] = strings.Join(listeners, ",")
	settings["listeners"] = strings.Join(append(listeners, fmt.Sprintf("CONTROLLER://127.0.0.1:%d", a.cfg.controllerPort)), ",")
	settings["listener.security.protocol.map"] = strings.Join(protocols, ",")
	maps.Copy(settings, a.cfg.Config)

	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s=%s\n", name, settings[name])
	}
	return text.String()
}
