package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/roles"
)

func newDesk() *cobra.Command {
	var flags configFlags
	var listen string
	cmd := &cobra.Command{
		Use:   "desk",
		Short: "What agents see while the phone still rings: pages, JSON and streams; start more for more agents",
		Long: `Serves what attune knows of contacts and persons: pages for agents and supervisors, JSON and streams of events for
desktops, and the lookup at the start of a call. Each desk reads everything by itself and is complete. On loopback
whoever is on this machine may ask; any other address needs TLS, or a proxy that ends it, and tokens (docs/desk.md).`,
		Example: `  attune desk --brokers localhost:9092
  attune desk --config attune.yaml --listen 10.0.0.7:8090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			if listen != "" {
				c.Desk.Listen = listen
			}
			g := roles.Group{Members: []string{"desk"}, Version: version}
			return g.Run(cmd.Context(), &c)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address of pages and API, host:port (default desk.listen)")
	flags.add(cmd, "config", "brokers", "registry")
	return cmd
}
