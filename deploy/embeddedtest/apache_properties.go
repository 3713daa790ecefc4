package embeddedtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// properties is the broker's configuration file. Our settings make a few nodes act quickly. Tests set what else
// they depend on.
func (a *Apache) properties() string {
	// One node holds every replica, several hold one each, of which all but one must be there.
	replicas := strconv.Itoa(a.cfg.member.of)
	least := strconv.Itoa(max(1, a.cfg.member.of-1))
	settings := map[string]string{
		"process.roles":                                    "broker,controller",
		"node.id":                                          strconv.Itoa(a.cfg.member.node),
		"controller.quorum.voters":                         a.cfg.member.voters,
		"controller.listener.names":                        "CONTROLLER",
		"inter.broker.listener.name":                       "PLAINTEXT",
		"log.dirs":                                         a.path("data"),
		"auto.create.topics.enable":                        "false",
		"offsets.topic.num.partitions":                     "4",
		"group.initial.rebalance.delay.ms":                 "0",
		"default.replication.factor":                       replicas,
		"min.insync.replicas":                              least,
		"offsets.topic.replication.factor":                 replicas,
		"transaction.state.log.replication.factor":         replicas,
		"transaction.state.log.min.isr":                    least,
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.replication.factor": replicas,
		"share.coordinator.state.topic.min.isr":            least,
		// A broker that was killed is let in again when its old session ends: 9 s by default. On a busy machine one that
		// lives is silent for more than a second, and while it is taken for dead no topic can be created.
		"broker.heartbeat.interval.ms": "200",
		"broker.session.timeout.ms":    "3000",
		// An abandoned transaction is aborted when the broker next looks: every 10 s by default.
		"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
	}
	listeners := []string{fmt.Sprintf("PLAINTEXT://127.0.0.1:%d", a.cfg.Port)}
	advertised := slices.Clone(listeners)
	protocols := []string{"CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT"}
	if a.cfg.Advertised != "" {
		direct := fmt.Sprintf("DIRECT://127.0.0.1:%d", a.cfg.directPort)
		listeners = append(listeners, direct)
		advertised = []string{"PLAINTEXT://" + a.cfg.Advertised, direct}
		protocols = append(protocols, "DIRECT:PLAINTEXT")
		settings["inter.broker.listener.name"] = "DIRECT"
	}
	if a.cfg.Lost != "" {
		listeners = append(listeners, "LOST://"+a.LostAddr())
		advertised = append(advertised, "LOST://"+a.cfg.Lost)
		protocols = append(protocols, "LOST:PLAINTEXT")
	}
	if a.cfg.Secure {
		listeners = append(listeners, a.cfg.secure.listeners()...)
		advertised = append(advertised, a.cfg.secure.listeners()...)
		protocols = append(protocols, "SASL_PLAINTEXT:SASL_PLAINTEXT", "SSL:SSL", "SASL_SSL:SASL_SSL")
		maps.Copy(settings, a.secureSettings())
	}
	settings["advertised.listeners"] = strings.Join(advertised, ",")
	settings["listeners"] = strings.Join(append(listeners, fmt.Sprintf("CONTROLLER://127.0.0.1:%d", a.cfg.controllerPort)), ",")
	settings["listener.security.protocol.map"] = strings.Join(protocols, ",")
	maps.Copy(settings, a.cfg.Config)

	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s=%s\n", name, settings[name])
	}
	return text.String()
}
